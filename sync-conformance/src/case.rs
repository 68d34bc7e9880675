//! The table of cases over one seam, and running it.

/// Declares the table of cases over a seam, each the name of a function, and `run_cases`, which runs them.
macro_rules! cases {
    ($subject:ty, $given:ty, [$($name:ident),* $(,)?]) => {
        struct Case {
            name: &'static str,
            run: for<'a> fn(&'a $subject, &'a $given) -> ::futures::future::BoxFuture<'a, $crate::CaseResult>,
        }

        const CASES: &[Case] =
            &[$(Case { name: stringify!($name), run: |subject, given| Box::pin($name(subject, given)) }),*];

        async fn run_cases(subject: &$subject, adapter: &str, given: &$given) -> $crate::Report {
            let names: Vec<&'static str> = CASES.iter().map(|case| case.name).collect();
            let mut report = $crate::Report::new(adapter, &given.deviations, &names);
            for case in CASES {
                let result = (case.run)(subject, given).await;
                report.add(case.name, result, &given.deviations);
            }
            report
        }
    };
}

pub(crate) use cases;
