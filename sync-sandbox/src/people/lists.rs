//! The words that names, places and jobs are made of. All people made from them are fictitious.

/// Given names.
pub(crate) const FIRST: [&str; 136] = [
    "Aaliyah", "Abigail", "Adrián", "Aisha", "Ajay", "Åke", "Alejandra", "Alessandro", "Amélie", "Amir", "Ana", "Anastasia",
    "André", "Anneke", "Anthony", "Antje", "Arjun", "Ashley", "Astrid", "Ayşe", "Beatriz", "Benjamin", "Bettina", "Björn",
    "Bogdan", "Brandon", "Brianna", "Camille", "Carlos", "Carmen", "Catherine", "Céline", "Charlotte", "Chen", "Chinedu",
    "Chloé", "Christopher", "Ciara", "Claudia", "Dagmar", "Dalia", "Daniel", "Darius", "David", "Deepa", "Diego", "Dmitri",
    "Dominik", "Eileen", "Elena", "Eleni", "Elif", "Emeka", "Emily", "Emma", "Erik", "Esra", "Étienne", "Eva", "Fatima",
    "Felix", "Fiona", "François", "Gabriela", "George", "Giulia", "Grace", "Grzegorz", "Hannah", "Hao", "Helena", "Henrik",
    "Hiroshi", "Ibrahim", "Ines", "Ingrid", "Isabella", "Ivan", "Jacqueline", "Jamal", "Jan-Erik", "Jean-Luc", "Jelena",
    "Jennifer", "João", "Johanna", "José", "Joshua", "Jürgen", "Kateryna", "Katja", "Keisha", "Kenji", "Kevin", "Khalid",
    "Laila", "Lars", "Laura", "Leïla", "Liam", "Lucía", "Luis", "Łukasz", "Magnus", "Maja", "Malik", "Marek", "María",
    "Marie-Claire", "Mary Ann", "Matthew", "Mei", "Michael", "Miriam", "Mohammed", "Nadia", "Naoko", "Natalia", "Nguyen",
    "Noah", "Nora", "Olivia", "Olumide", "Oscar", "Patricia", "Pedro", "Priya", "Rachel", "Renée", "Samuel", "Siobhán",
    "Søren", "Tamara", "Thomas", "Yuki", "Zoë",
];

/// Family names.
pub(crate) const LAST: [&str; 177] = [
    "Abubakar", "Adeyemi", "Ahmed", "Almeida", "Andersson", "Andrade", "Árnason", "Aslan", "Bailey", "Bakker", "Banerjee",
    "Barbosa", "Baumgartner", "Becker", "Bell", "Bennett", "Berglund", "Bernard", "Bianchi", "Błaszczyk", "Bondarenko",
    "Brown", "Brânză", "Campbell", "Carvalho", "Castillo", "Chen", "Choi", "Christensen", "Clarke", "Collins", "Conti",
    "Cooper", "Côté", "Cruz", "Da Silva", "Dąbrowski", "D'Angelo", "Davies", "De Jong", "De la Cruz", "Delacroix",
    "Demir", "Diaz", "Dimitrov", "Dubois", "Dvořák", "Edwards", "Eriksson", "Esposito", "Evans", "Fernández", "Ferrari",
    "Fischer", "Fitzgerald", "Fletcher", "Fontaine", "Foster", "Fournier", "Franke", "Friedman", "Fuchs", "Fujimoto",
    "García", "Garcia-Lorca", "Gautier", "Gonçalves", "Gonzalez", "Gray", "Green", "Grünwald", "Gupta", "Gustafsson",
    "Haddad", "Hagen", "Hansen", "Harris", "Hassan", "Hernández", "Hoffmann", "Horváth", "Huang", "Hughes", "Ibáñez",
    "Ito", "Ivanova", "Jackson", "Jankowska", "Jansen", "Jensen", "Johansson", "Johnson", "Jones", "Jovanović", "Kamara",
    "Kaplan", "Kaur", "Keller", "Kelly", "Khan", "Kim", "Klein", "Kovač", "Kowalczyk", "Krüger", "Kumar", "Laurent",
    "Lavoie", "Lee", "Lefèvre", "Leroy", "Lindqvist", "López", "MacDonald", "Magnússon", "Mahmoud", "Marino", "Martin",
    "Martínez", "Mbeki", "McCarthy", "Mendoza", "Meyer", "Mitchell", "Morales", "Moreau", "Müller", "Murphy", "Nakamura",
    "Ndiaye", "Nguyen", "Nielsen", "Novák", "O'Brien", "O'Connor", "Oduya", "Okafor", "Okonkwo", "Olsen", "Öztürk",
    "Papadopoulos", "Park", "Patel", "Pereira", "Petrov", "Popescu", "Quinn", "Ramírez", "Reyes", "Ricci", "Roberts",
    "Rossi", "Ruiz", "Saito", "Santos", "Schäfer", "Schmidt", "Schneider", "Sharma", "Silva", "Singh", "Smith",
    "Smith-Jones", "Sørensen", "Suzuki", "Svensson", "Tanaka", "Taylor", "Thompson", "Torres", "Tremblay", "Van den Berg",
    "Vasquez", "Walker", "Weiß", "Wiśniewska", "Yılmaz",
];

/// Names longer than the 30 characters that some PSAs keep.
pub(crate) const LONG_LAST: [&str; 3] = [
    "Wolfeschlegelsteinhausenbergerdorff",
    "Raghunathan-Venkataramanan Subramaniam",
    "Fernández de Córdoba y Álvarez de Toledo",
];

/// Departments and the jobs in them.
pub(crate) const DEPARTMENTS: [(&str, [&str; 4]); 10] = [
    ("Sales", ["Account Executive", "Sales Manager", "Inside Sales Representative", "Sales Operations Analyst"]),
    ("Finance", ["Accountant", "Accounts Payable Clerk", "Controller", "Payroll Specialist"]),
    ("Human Resources", ["HR Business Partner", "Recruiter", "HR Assistant", "Head of People"]),
    ("IT", ["Systems Administrator", "Service Desk Analyst", "Network Engineer", "IT Manager"]),
    ("Marketing", ["Marketing Manager", "Content Editor", "Graphic Designer", "Events Coordinator"]),
    ("Operations", ["Operations Manager", "Production Planner", "Quality Inspector", "Shift Supervisor"]),
    ("Legal & Compliance", ["Counsel", "Paralegal", "Compliance Officer", "Contracts Manager"]),
    ("Research", ["Research Engineer", "Laboratory Technician", "Data Scientist", "Principal Scientist"]),
    ("Logistics", ["Warehouse Associate", "Dispatcher", "Fleet Coordinator", "Customs Agent"]),
    ("Customer Support", ["Support Specialist", "Support Team Lead", "Onboarding Manager", "Technical Writer"]),
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
    Office { name: "HQ 4th floor", street: "700 Pike Street", city: "Seattle", state: Some("WA"), postal_code: "98101", country: "United States", code: "US", phone: "+1 206 555 01##", mobile: "(206) 555-01##" },
    Office { name: "Austin", street: "500 Congress Ave, Suite 210", city: "Austin", state: Some("TX"), postal_code: "78701", country: "United States", code: "US", phone: "512-555-01## x###", mobile: "+151255501##" },
    Office { name: "München Büro 2.14", street: "Leopoldstraße 12", city: "München", state: Some("Bayern"), postal_code: "80802", country: "Germany", code: "DE", phone: "+49 89 90009-####", mobile: "+49 (0)171 39200##" },
    Office { name: "London", street: "12 Fenchurch Street", city: "London", state: None, postal_code: "EC3M 4AJ", country: "United Kingdom", code: "GB", phone: "+44 20 7946 0###", mobile: "07700 900###" },
    Office { name: "Montréal", street: "1250, boul. René-Lévesque O.", city: "Montréal", state: Some("QC"), postal_code: "H3B 4W8", country: "Canada", code: "CA", phone: "+1 (514) 555-01##", mobile: "514.555.01##" },
    Office { name: "Sydney", street: "1 Macquarie Place", city: "Sydney", state: Some("NSW"), postal_code: "2000", country: "Australia", code: "AU", phone: "+61 2 5550 ####", mobile: "0491 570 ###" },
    Office { name: "Paris 8e", street: "18 rue de Courcelles", city: "Paris", state: None, postal_code: "75008", country: "France", code: "FR", phone: "01 99 00 ## ##", mobile: "+33 6 39 98 ## ##" },
];

/// Shared mailboxes: local part and display name.
pub(crate) const SHARED: [(&str, &str); 8] = [
    ("info", "Information"),
    ("accounts.payable", "Accounts Payable"),
    ("support", "Customer Support Mailbox"),
    ("hr", "Human Resources Mailbox"),
    ("orders", "Orders"),
    ("careers", "Careers"),
    ("press", "Press Office"),
    ("facilities", "Facilities"),
];

/// Service accounts: local part and display name.
pub(crate) const SERVICE: [(&str, &str); 6] = [
    ("svc-backup", "svc-backup"),
    ("svc-scanner", "svc-scanner"),
    ("svc-erp", "svc-erp"),
    ("svc-monitoring", "svc-monitoring"),
    ("svc-sql", "svc-sql"),
    ("svc-printers", "svc-printers"),
];

/// Mail domains of guests and of vendor contacts made by hand in the PSA.
pub(crate) const PARTNERS: [(&str, &str); 6] = [
    ("fabrikam.example", "Fabrikam"),
    ("northwind.example", "Northwind Traders"),
    ("adatum.example", "A. Datum"),
    ("tailspin.example", "Tailspin Toys"),
    ("litware.example", "Litware"),
    ("proseware.example", "Proseware"),
];
