//! The standard services hold the ports that medical and general protocols are documented with: IANA where they are
//! registered, else the maker's manuals.

use septum::packet::ServiceSet;

use crate::sample;

/// Documented ports, and the services that together hold exactly these.
const DOCUMENTED: &[(&str, &str)] = &[
    ("tcp 104, 11112", "dicom"),
    ("tcp 2762", "dicom-tls"),
    ("tcp 2761", "dicom-iscl"),
    ("tcp 443", "dicomweb"),
    ("tcp 80, 8042, 8080", "dicomweb-http"),
    ("tcp 2575", "hl7-mllp"),
    ("tcp 2575", "hl7-mllp-tls"),
    ("tcp 443", "fhir"),
    ("tcp 6514", "syslog-tls"),
    ("udp 514", "syslog"),
    ("udp 3702", "sdc-discovery"),
    ("udp 24105", "intellivue-export"),
    ("udp 24005", "intellivue-connect"),
    ("udp 2000", "carescape-time"),
    ("udp 7000", "carescape-discovery"),
    ("udp 7001", "carescape-alarms"),
    ("tcp 10000", "carescape-webmin"),
    ("tcp 10001", "carescape-software"),
    ("tcp 3613, udp 3613", "alaris"),
    ("tcp 20, 21, 23", "symbiq-legacy"),
    ("tcp 8443", "symbiq-config"),
    ("tcp 8100, 9292, 443, 11443", "mednet, mednet-tls"),
    ("tcp 21, 1023", "spectrum-wbm"),
    ("tcp 1500, 80, 443", "spacecom, spacecom-tls"),
    ("udp 161", "babylog-snmp"),
    ("tcp 162", "babylog-trap"),
    ("tcp 21", "babylog-ftp"),
    ("udp 45123, 45124", "tandem-discovery"),
    ("udp 12345", "translogic"),
    ("tcp 515", "contec-data"),
    ("tcp 2049, 111", "contec-update"),
    ("tcp 3001", "poct1a"),
    ("tcp 4000-4010, 5000", "astm"),
    ("tcp 443, 5005, 9610, 9611", "https, alarm-middleware"),
    ("tcp 1883", "mqtt"),
    ("tcp 8883", "mqtt-tls"),
    ("udp 5683, 5684", "coap, coaps"),
    ("udp 47808", "bacnet"),
    ("tcp 502", "modbus"),
    ("tcp 102", "s7"),
    ("udp 34962-34964", "profinet"),
    ("tcp 4840", "opc-ua"),
    ("udp 3671", "knx"),
    ("udp 67, 68", "dhcp"),
    ("udp 53, tcp 53", "dns"),
    ("udp 123", "ntp"),
    ("udp 1812, 1813", "radius"),
    ("tcp 389", "ldap"),
    ("tcp 636", "ldaps"),
    ("tcp 88, udp 88", "kerberos"),
    ("tcp 445", "smb"),
    ("tcp 137-139, udp 137-139", "netbios"),
    ("tcp 135", "rpc"),
    ("tcp 3389", "rdp"),
    ("tcp 5985", "winrm-http"),
    ("tcp 5986", "winrm-https"),
    ("tcp 22", "ssh"),
    ("tcp 23", "telnet"),
    ("tcp 20, 21", "ftp"),
    ("udp 69", "tftp"),
    ("tcp 5800, 5900-5909", "vnc"),
    ("udp 161", "snmp"),
    ("tcp 80", "http"),
    ("tcp 443", "https"),
    ("tcp 1433", "mssql"),
    ("udp 1434", "mssql-browser"),
    ("tcp 1521", "oracle"),
    ("tcp 5432", "postgresql"),
    ("tcp 515, 9100", "lpd, raw-print"),
    ("udp 5060, tcp 5060, udp 16384-32767", "sip, rtp"),
    ("tcp 2049, udp 2049", "nfs"),
    ("tcp 6000-6063", "x11"),
];

fn service(terms: &str) -> ServiceSet {
    let text =
        format!("zone a {{ subnet 10.0.0.0/24 }}\nzone b {{ subnet 10.1.0.0/24 }}\nallow a -> b : {terms}\n");
    let policy = sample::policy(&text).sound().policy;
    (*policy.rules[0].service.set).clone()
}

#[test]
fn standard_services_have_their_documented_ports() {
    for (ports, names) in DOCUMENTED {
        assert_eq!(service(names), service(ports), "{names}");
    }
}
