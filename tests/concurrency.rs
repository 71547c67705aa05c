//! Several applies at the same time, on the real server: no lost write, no half state, and everybody's report is true.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use testkit::relay::{self, Relay, RelayFault};
use testkit::{Konnect, Ran, Server, request};

const TOKENS: [&str; 2] = ["kpat_concurrentAAAA1111AAAA", "kpat_concurrentBBBB2222BBBB"];

fn konnect(server: &Server, namespace: &str, token: &str) -> Konnect {
    let spec = format!("namespace = \"{namespace}\"\nservice_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n");
    testkit::konnect!().spec(&spec).env("KUBECONFIG", server.kubeconfig()).env("PAT", token).args(["apply", "--auto-approve"])
}

/// That many applies, all at once; the token of each in turn.
fn at_once(server: &Server, namespace: &str, tokens: &[&str], count: usize) -> Vec<(String, Ran)> {
    let barrier = std::sync::Barrier::new(count);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|i| {
                let token = tokens[i % tokens.len()];
                let konnect = konnect(server, namespace, token);
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    (token.to_owned(), konnect.run())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("ran")).collect()
    })
}

fn count(runs: &[(String, Ran)], line: &str) -> usize {
    runs.iter().filter(|(_, ran)| ran.stdout.contains(line)).count()
}

fn live_token(server: &Server, namespace: &str) -> String {
    let (code, secret) = server.raw("GET", &format!("/api/v1/namespaces/{namespace}/secrets/konnect-pat"), "", "");
    assert_eq!(code, 200);
    assert_eq!(secret["metadata"]["labels"]["konghq.com/secret"], "true");
    let bytes = BASE64.decode(secret["data"]["token"].as_str().expect("a token")).expect("base64");
    String::from_utf8(bytes).expect("text")
}

#[test]
fn applies_of_one_spec_report_each_object_as_added_once() {
    let Some(server) = testkit::server() else { return };
    for (rounds, applies) in [(6, 2), (4, 8)] {
        for _ in 0..rounds {
            let namespace = server.namespace("same");
            let runs = at_once(server, &namespace, &TOKENS[..1], applies);
            for (_, ran) in &runs {
                ran.assert_code(0);
            }
            for title in [
                format!("Namespace {namespace}"),
                format!("ServiceAccount {namespace}/podid"),
                format!("Secret {namespace}/konnect-pat"),
            ] {
                assert_eq!(count(&runs, &format!("{title}: Creation complete")), 1, "{title}\n{runs:#?}");
            }
            assert_eq!(live_token(server, &namespace), TOKENS[0]);
        }
    }
}

#[test]
fn applies_of_two_tokens_end_with_one_whole_state_and_true_reports() {
    let Some(server) = testkit::server() else { return };
    for (rounds, applies) in [(6, 2), (4, 8)] {
        for _ in 0..rounds {
            let namespace = server.namespace("rival");
            let runs = at_once(server, &namespace, &TOKENS, applies);
            let live = live_token(server, &namespace);
            let secret = format!("Secret {namespace}/konnect-pat");
            let wrote = |ran: &Ran| {
                ran.stdout.contains(&format!("{secret}: Creation complete"))
                    || ran.stdout.contains(&format!("{secret}: Update complete"))
            };
            assert!(runs.iter().any(|(token, ran)| *token == live && wrote(ran)), "whose token is there said so\n{runs:#?}");
            assert_eq!(count(&runs, &format!("{secret}: Creation complete")), 1, "{runs:#?}");
            let writers = |token: &str| runs.iter().filter(|(of, ran)| of == token && wrote(ran)).count();
            for (token, ran) in &runs {
                let rival = if token == TOKENS[0] { TOKENS[1] } else { TOKENS[0] };
                match ran.code {
                    // Its token was there when it looked, so somebody had written it.
                    0 => assert!(writers(token) >= 1, "{ran:#?}\n{runs:#?}"),
                    4 => assert!(!ran.stdout.contains("complete after"), "4 wrote nothing\n{ran:#?}"),
                    5 => assert!(ran.stdout.contains("not written") && ran.stdout.contains("written      "), "{ran:#?}"),
                    // Its token was there too, and the other one when it looked again. Where its token is there in the end all the same,
                    // somebody wrote it once more: A, B, A.
                    6 => {
                        let times = if *token == live { 2 } else { 1 };
                        assert!(writers(token) >= times && writers(rival) >= 1, "{ran:#?}\n{runs:#?}");
                        assert!(ran.stderr.contains("did not confirm it"), "{ran:#?}");
                    }
                    other => panic!("exit code {other}\n{ran:#?}"),
                }
            }
            // Each alone converges; the last one counts.
            for token in TOKENS {
                konnect(server, &namespace, token).run().assert_code(0);
                assert_eq!(live_token(server, &namespace), token);
            }
        }
    }
}

#[test]
fn a_namespace_that_is_deleted_while_apply_writes_is_named() {
    let Some(server) = testkit::server() else { return };
    let namespace = server.namespace("going");
    server.kubectl_ok(&["create", "namespace", &namespace], None);
    let spec = format!(
        "service_account = \"podid\"\nsecret = \"konnect-pat\"\npat_env = \"PAT\"\n[namespace]\nname = \"{namespace}\"\nmanage = false\n"
    );
    let konnect = testkit::konnect!().spec(&spec).env("PAT", TOKENS[0]);
    let kubeconfig = server.kubeconfig();
    // Both are written at once: the namespace goes when the other one is there.
    let delete: relay::Hook = std::sync::Arc::new(move || {
        let path = format!("/api/v1/namespaces/{namespace}");
        let account = format!("{path}/serviceaccounts/podid");
        let is_there = || request::send(&kubeconfig, "GET", &account, &[], "").expect("an answer").0 == 200;
        assert!((0..10_000).any(|_| is_there()), "the ServiceAccount is written");
        request::send(&kubeconfig, "DELETE", &path, &[], "").expect("deleted");
    });
    let _relay = Relay::start(&server.kubeconfig(), konnect.folder(), move |call| match call.what.as_str() {
        "PATCH secrets" => RelayFault::First(delete.clone()),
        _ => RelayFault::None,
    });
    let ran = konnect.args(["apply", "--auto-approve", "--kubeconfig", "relay.json"]).run();
    ran.assert_code(5);
    assert!(ran.stderr.contains("konnect-pat can't be created: its namespace is being deleted"), "{}", ran.stderr);
    assert!(ran.stderr.contains("wait until it is gone"), "{}", ran.stderr);
}
