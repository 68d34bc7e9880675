//! OpenLDAP's server with data of the test's own.

use super::{are_there, find_program, free_port, own_address, pki::Pki, process::Process, run, wait_for};
use ldap_client::{Config, Security};
use std::{fmt::Write as _, fs, net::Ipv4Addr, path::Path, process::Command};
use tempfile::TempDir;

pub const BASE: &str = "dc=corp,dc=example,dc=com";
pub const READER: &str = "cn=reader,dc=corp,dc=example,dc=com";
pub const PASSWORD: &str = "canary-reader-password";

/// A running server.
#[derive(Debug)]
pub struct Slapd {
    process: Process,
    pub address: Ipv4Addr,
    /// For `ldap://` with StartTLS.
    pub port: u16,
    /// For `ldaps://`.
    pub tls_port: u16,
    pub pki: Pki,
    folder: TempDir,
}

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Entries beside the base, the reader and the two folders, as LDIF.
    pub ldif: String,
    /// Further lines of the configuration, before the database.
    pub global: String,
    /// Further lines of the database's configuration.
    pub database: String,
    /// The names in the certificate; empty: the server's address.
    pub names: Vec<String>,
}

impl Options {
    /// These entries, and a server that gives ordinary accounts no more than 1,000 entries at once but any number of
    /// pages, as Windows does.
    pub fn new(ldif: String) -> Self {
        Self {
            ldif,
            global: "sizelimit 1000".to_owned(),
            database: "limits users size.soft=1000 size.hard=1000 size.pr=1000 size.prtotal=unlimited"
                .to_owned(),
            names: Vec::new(),
        }
    }
}

impl Slapd {
    /// Starts a server; `None` where there is none to start.
    pub fn start(options: &Options) -> Option<Self> {
        if !are_there("OpenLDAP", &["slapd", "slapadd"], false) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let address = own_address();
        let (port, tls_port) = (free_port(address), free_port(address));
        let own = [address.to_string()];
        let names = if options.names.is_empty() { &own[..] } else { &options.names };
        let pki = Pki::write(folder.path(), &names.iter().map(String::as_str).collect::<Vec<_>>());
        write(folder.path(), options);
        let process = Process::start(&mut command(folder.path(), address, port, tls_port));
        let mut slapd = Self { process, address, port, tls_port, pki, folder };
        slapd.wait();
        Some(slapd)
    }

    /// Ends the server and starts it again, with the same data on the same ports.
    pub fn restart(&mut self) {
        self.process.end();
        self.process =
            Process::start(&mut command(self.folder.path(), self.address, self.port, self.tls_port));
        self.wait();
    }

    fn wait(&mut self) {
        let Self { process, address, tls_port, .. } = self;
        let there = wait_for((*address, *tls_port).into(), &mut || process.still_runs());
        assert!(there, "slapd does not start");
    }

    /// The reader over TLS.
    pub fn config(&self) -> Config {
        let mut config = Config::new(self.address.to_string(), READER, PASSWORD.to_owned().into());
        config.port = Some(self.tls_port);
        config.ca_pem = Some(self.pki.ca_pem.clone());
        config
    }

    /// The reader over a plain connection.
    pub fn plain(&self) -> Config {
        let mut config = self.config();
        config.security = Security::Plain;
        config.port = Some(self.port);
        config
    }
}

fn command(folder: &Path, address: Ipv4Addr, port: u16, tls_port: u16) -> Command {
    let mut command = Command::new(find_program("slapd").unwrap());
    command.arg("-f").arg(folder.join("slapd.conf"));
    command.arg("-h").arg(format!("ldap://{address}:{port}/ ldaps://{address}:{tls_port}/"));
    // In the foreground, with nothing to say.
    command.args(["-d", "0"]);
    command
}

fn write(folder: &Path, options: &Options) {
    let here = folder.display();
    let Options { ldif, global, database, names: _ } = options;
    let configuration = format!(
        "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb.la
pidfile {here}/slapd.pid
argsfile {here}/slapd.args
TLSCACertificateFile {here}/ca.pem
TLSCertificateFile {here}/server.pem
TLSCertificateKeyFile {here}/server.key
{global}
database mdb
suffix \"{BASE}\"
rootdn \"cn=admin,{BASE}\"
rootpw secret
directory {here}/db
maxsize 1073741824
index objectClass,uid,mail eq
{database}
access to attrs=userPassword by anonymous auth
access to * by users read by anonymous auth
"
    );
    let base = format!(
        "dn: {BASE}\nobjectClass: domain\ndc: corp\n\n\
         dn: {READER}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: {PASSWORD}\n\n\
         dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n\n\
         dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n\n{ldif}"
    );
    fs::create_dir(folder.join("db")).unwrap();
    fs::write(folder.join("slapd.conf"), configuration).unwrap();
    fs::write(folder.join("data.ldif"), base).unwrap();
    let mut load = Command::new(find_program("slapadd").unwrap());
    load.arg("-q").arg("-f").arg(folder.join("slapd.conf")).arg("-l").arg(folder.join("data.ldif"));
    run(&mut load);
}

/// A person with a number, in every attribute that the adapter reads by default.
pub fn person(ldif: &mut String, number: u32) {
    let _ = writeln!(
        ldif,
        "dn: uid=user{number},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: user{number}\ncn: User {number}\n\
         givenName: User\nsn: {number}\ndisplayName: User {number}\nmail: user{number}@example.com\n\
         mail: other{number}@example.com\ntitle: Engineer\ndepartmentNumber: D{}\no: Contoso\n\
         physicalDeliveryOfficeName: Room {number}\ntelephoneNumber: +1 555 0{number}\nmobile: +1 556 0{number}\n\
         street: Main Street {number}\nl: Springfield\nst: North\npostalCode: {number}\nemployeeNumber: E{number}\n\
         employeeType: Staff\npreferredLanguage: en\n",
        number % 7
    );
}
