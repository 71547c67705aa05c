//! The orders in which answers come.

/// All orders of these, the given one first.
pub fn all<T: Copy>(of: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = of.split_first() else { return vec![Vec::new()] };
    let mut orders = Vec::new();
    for place in 0..of.len() {
        for mut order in all(rest) {
            order.insert(place, *first);
            orders.push(order);
        }
    }
    orders
}
