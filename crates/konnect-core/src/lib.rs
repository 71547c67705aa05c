//! What konnect decides, without a client, a file or a clock: objects, ownership, the plan.
