//! Where the seeded people work, and as what.

/// Departments and the jobs in them.
pub(crate) const DEPARTMENTS: [(&str, [&str; 4]); 10] = [
    (
        "Sales",
        ["Account Executive", "Sales Manager", "Inside Sales Representative", "Sales Operations Analyst"],
    ),
    ("Finance", ["Accountant", "Accounts Payable Clerk", "Controller", "Payroll Specialist"]),
    ("Human Resources", ["HR Business Partner", "Recruiter", "HR Assistant", "Head of People"]),
    ("IT", ["Systems Administrator", "Service Desk Analyst", "Network Engineer", "IT Manager"]),
    ("Marketing", ["Marketing Manager", "Content Editor", "Graphic Designer", "Events Coordinator"]),
    ("Operations", ["Operations Manager", "Production Planner", "Quality Inspector", "Shift Supervisor"]),
    ("Legal & Compliance", ["Counsel", "Paralegal", "Compliance Officer", "Contracts Manager"]),
    ("Research", ["Research Engineer", "Laboratory Technician", "Data Scientist", "Principal Scientist"]),
    ("Logistics", ["Warehouse Associate", "Dispatcher", "Fleet Coordinator", "Customs Agent"]),
    (
        "Customer Support",
        ["Support Specialist", "Support Team Lead", "Onboarding Manager", "Technical Writer"],
    ),
];

/// One office.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Office {
    /// `officeLocation`.
    pub(crate) name: &'static str,
    pub(crate) street: &'static str,
    pub(crate) city: &'static str,
    pub(crate) state: Option<&'static str>,
    pub(crate) postal_code: &'static str,
    pub(crate) country: &'static str,
    /// ISO 3166 code.
    pub(crate) code: &'static str,
    /// How a telephone number is written there; each `#` becomes a digit.
    pub(crate) phone: &'static str,
    /// The same for a mobile telephone.
    pub(crate) mobile: &'static str,
}

/// The tenant's offices. Telephone numbers lie in ranges reserved for fiction where a country has one.
pub(crate) const OFFICES: [Office; 7] = [
    Office {
        name: "HQ 4th floor",
        street: "700 Pike Street",
        city: "Seattle",
        state: Some("WA"),
        postal_code: "98101",
        country: "United States",
        code: "US",
        phone: "+1 206 555 01##",
        mobile: "(206) 555-01##",
    },
    Office {
        name: "Austin",
        street: "500 Congress Ave, Suite 210",
        city: "Austin",
        state: Some("TX"),
        postal_code: "78701",
        country: "United States",
        code: "US",
        phone: "512-555-01## x###",
        mobile: "+151255501##",
    },
    Office {
        name: "München Büro 2.14",
        street: "Leopoldstraße 12",
        city: "München",
        state: Some("Bayern"),
        postal_code: "80802",
        country: "Germany",
        code: "DE",
        phone: "+49 89 90009-####",
        mobile: "+49 (0)171 39200##",
    },
    Office {
        name: "London",
        street: "12 Fenchurch Street",
        city: "London",
        state: None,
        postal_code: "EC3M 4AJ",
        country: "United Kingdom",
        code: "GB",
        phone: "+44 20 7946 0###",
        mobile: "07700 900###",
    },
    Office {
        name: "Montréal",
        street: "1250, boul. René-Lévesque O.",
        city: "Montréal",
        state: Some("QC"),
        postal_code: "H3B 4W8",
        country: "Canada",
        code: "CA",
        phone: "+1 (514) 555-01##",
        mobile: "514.555.01##",
    },
    Office {
        name: "Sydney",
        street: "1 Macquarie Place",
        city: "Sydney",
        state: Some("NSW"),
        postal_code: "2000",
        country: "Australia",
        code: "AU",
        phone: "+61 2 5550 ####",
        mobile: "0491 570 ###",
    },
    Office {
        name: "Paris 8e",
        street: "18 rue de Courcelles",
        city: "Paris",
        state: None,
        postal_code: "75008",
        country: "France",
        code: "FR",
        phone: "01 99 00 ## ##",
        mobile: "+33 6 39 98 ## ##",
    },
];
