//! The bodies of a listing's parts, each as it came, until their rows are put in order.

use super::{
    body::{Body, Head},
    keys::place32,
};

/// For how many rows everything is asked for ahead of moving them.
const AHEAD: usize = 32;

/// Bodies one behind the other. Rows are numbered through all of them.
#[derive(Default)]
pub(super) struct Parts {
    bodies: Vec<Body>,
    /// How many rows there are up to the end of each.
    ends: Vec<usize>,
}

impl Parts {
    /// One part of so many rows.
    pub(super) fn one(body: Body, rows: usize) -> Self {
        Self { bodies: vec![body], ends: vec![rows] }
    }

    /// Adds the rows of a body; with them there are `rows` in all. Does nothing where there are no more than before.
    pub(super) fn push(&mut self, body: Body, rows: usize) {
        if rows > self.rows() {
            self.bodies.push(body);
            self.ends.push(rows);
        }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// The body that holds a row, and whether the row is the last one in it.
    fn of(&self, place: usize) -> Option<(&Body, bool)> {
        let part = self.ends.partition_point(|end| *end <= place);
        Some((self.bodies.get(part)?, self.ends.get(part) == Some(&(place + 1))))
    }

    /// The own id of a row.
    pub(super) fn id(&self, place: usize, head: &Head) -> &str {
        self.of(place).map_or("", |(body, _)| body.arena.get(head.id()))
    }

    /// Whether something does not fit one snapshot.
    pub(super) fn overflowed(&self) -> bool {
        let too_many = |count: usize| u32::try_from(count).is_err();
        self.bodies.iter().any(Body::overflowed)
            || self.sizes().into_iter().any(too_many)
            || too_many(self.rows())
    }

    /// Bytes of text, values and addresses of all rows.
    fn sizes(&self) -> [usize; 3] {
        let sum = |size: fn(&Body) -> usize| self.bodies.iter().map(size).sum();
        [sum(|body| body.arena.len()), sum(|body| body.records.len()), sum(|body| body.addresses.len())]
    }

    /// Rows in the order of `places`, and one body with everything of a row beside that of the row before it.
    ///
    /// The planner walks rows in order, and what lies in order is in the cache before it is asked for.
    pub(super) fn in_order<R: Copy>(
        mut self,
        rows: Vec<R>,
        places: &[u32],
        head: impl Fn(&mut R) -> &mut Head,
    ) -> (Body, Vec<R>) {
        let came_in_order =
            places.len() == rows.len() && places.iter().enumerate().all(|(at, place)| place32(at) == *place);
        if came_in_order && self.bodies.len() < 2 {
            let mut body = self.bodies.pop().unwrap_or_default();
            body.shrink();
            return (body, rows);
        }
        let [text, values, addresses] = self.sizes();
        let mut ordered = Body::with_room(text, values, addresses);
        let mut sorted = Vec::with_capacity(places.len());
        let mut ahead: Vec<(&Body, R, u32)> = Vec::with_capacity(AHEAD);
        for some in places.chunks(AHEAD) {
            ahead.clear();
            let mut seen = 0;
            for place in some.iter().map(|place| *place as usize) {
                let (Some((body, is_last)), Some(mut row)) = (self.of(place), rows.get(place).copied())
                else {
                    continue;
                };
                let next = rows.get(place + 1).filter(|_| !is_last);
                let end = body.end_of(next.map(|next| *head(&mut { *next })).as_ref());
                seen ^= body.touch_row(head(&mut row), end);
                ahead.push((body, row, end));
            }
            std::hint::black_box(seen);
            for (body, mut row, end) in ahead.iter().copied() {
                ordered.take_over(body, head(&mut row), end);
                sorted.push(row);
            }
        }
        (ordered, sorted)
    }
}
