//! Inventories that other systems export.

use insta::assert_snapshot;
use septum::inventory::Field;
use septum::inventory::csv::{Columns, read_with};
use septum::source::{FileId, Span};
use septum::syntax::tree::Spanned;

use super::{messages, read, shown};

#[test]
fn a_table_of_devices_is_read() {
    let text = "\u{feff}# exported by hand\r\nName, Zone ,Address,Labels,Vendor,OS,CVEs\r\n\
                pump-1,clinical.pumps,10.20.0.11 2001:db8:20::b,iomt|life-critical,BD,,CVE-2024-1234;CVE-2023-9876\r\n\
                \r\n# retired: pump-2\r\n\
                \"ct, 1\",,10.40.10.21/24,\"phi,dicom\",\"Siemens\n\"\"Healthineers\"\"\",Windows 10,\r\n,,,,,,\r\n";
    let (devices, diagnostics) = read("a.csv", text);
    assert_eq!(diagnostics, []);
    assert_snapshot!(shown(&devices), @r#"
    pump-1 in clinical.pumps: 10.20.0.11 2001:db8:20::b [iomt life-critical] {vendor=BD} CVE-2024-1234 CVE-2023-9876
    ct, 1 in -: 10.40.10.21 [phi dicom] {os=Windows 10, vendor=Siemens
    "Healthineers"}
    "#);
    let at = |span: Span| &text[span.range()];
    assert_eq!(at(devices[0].addresses[1].span), "2001:db8:20::b");
    assert_eq!(at(devices[0].cves[1].span), "CVE-2023-9876");
    assert_eq!(at(devices[1].name.span), "ct, 1");
    assert_eq!(at(devices[1].labels[1].span), "dicom");
    assert_eq!(at(devices[1].facts.get(Field::Os).unwrap().span), "Windows 10");
}

#[test]
fn semicolons_and_tabs_separate_where_the_header_has_them() {
    for delimiter in [";", "\t"] {
        let text = "name;address;notes\na;10.0.0.1;1,5 m\n".replace(';', delimiter);
        let (devices, diagnostics) = read("a.csv", &text);
        assert_eq!(diagnostics, []);
        assert_eq!(shown(&devices), "a in -: 10.0.0.1 [] {notes=1,5 m} \n");
    }
}

#[test]
fn netbox_devices_are_read() {
    let text = "name,role,manufacturer,device_type,status,site,location,serial,asset_tag,tags,comments\n\
                ct-01,imaging-modality,siemens-healthineers,somatom-x,active,main,radiology,SN001,BME-1001,\"phi,dicom\",\n\
                pump-0001,infusion-pump,bd,alaris-pcu,active,main,icu,SN900,BME-2001,\"life-critical\",\n";
    assert_snapshot!(shown(&read("a.csv", text).0), @r"
    ct-01 in -:  [phi dicom] {asset=BME-1001, location=radiology, model=somatom-x, serial=SN001, vendor=siemens-healthineers} 
    pump-0001 in -:  [life-critical] {asset=BME-2001, location=icu, model=alaris-pcu, serial=SN900, vendor=bd}
    ");
    assert_snapshot!(messages("a.csv", text), @r"
    warning[unread-column]: 3 columns are not read
     --> a.csv:1:6
      |
    1 | name,role,manufacturer,device_type,status,site,location,serial,asset_tag,tags,comments
      |      ^^^^                          ------ ----
      |
      = help: list what you do not need under `ignore`, beside `file`, in `septum.yaml`
    ");
}

#[test]
fn netbox_addresses_are_read() {
    let text = "address,status,device,interface,is_primary,dns_name,vrf,role,description\n\
                10.40.10.21/24,active,ct-01,eth0,true,ct-01.rad.example,,,CT scanner\n\
                10.41.0.12/24,reserved,,,,,,,spare\n";
    assert_snapshot!(shown(&read("a.csv", text).0), @"ct-01 in -: 10.40.10.21 [] {notes=CT scanner}");
    assert_snapshot!(messages("a.csv", text), @r"
    warning[unread-column]: 6 columns are not read
     --> a.csv:1:9
      |
    1 | address,status,device,interface,is_primary,dns_name,vrf,role,description
      |         ^^^^^^        --------- ---------- -------- --- ----
      |
      = help: list what you do not need under `ignore`, beside `file`, in `septum.yaml`
    error[missing-name]: this row gives no name
     --> a.csv:3:1
      |
    3 | 10.41.0.12/24,reserved,,,,,,,spare
      | ^^^^^^^^^^^^^
    ");
}

#[test]
fn a_cmms_names_devices_by_their_asset_number() {
    let text = "asset_id,description,manufacturer,model,serial,department,location,ip_address,mac_address,os,fda_class,life_support,phi,owner\n\
                BME-1001,CT scanner,Siemens Healthineers,Somatom X,SN001,Radiology,B1-014,10.40.10.21,00:11:22:33:44:55,Windows 10 LTSC,II,no,yes,Biomed\n";
    assert_snapshot!(shown(&read("a.csv", text).0), @"BME-1001 in -: 10.40.10.21 [] {asset=BME-1001, location=B1-014, mac=00:11:22:33:44:55, model=Somatom X, notes=CT scanner, os=Windows 10 LTSC, owner=Biomed, serial=SN001, vendor=Siemens Healthineers}");
}

fn named(field: Field, title: &str) -> (Field, Spanned<String>) {
    let span = Span::new(FileId(0), 0, 0);
    let value = title.to_owned();
    (field, Spanned { value, span })
}

#[test]
fn the_manifest_names_columns_of_any_title() {
    let columns = Columns {
        named: vec![named(Field::Name, "Gerät"), named(Field::Labels, "role")],
        ignored: vec![named(Field::Name, "status").1],
    };
    let text = "hostname,GERÄT,role,tags,status\nh1,g1,ventilator,iomt,active\n";
    let (devices, diagnostics) = read_with(FileId(0), text, &columns);
    assert_eq!(shown(&devices), "g1 in -:  [ventilator] {} \n");
    let codes: Vec<&str> = diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(
        codes,
        ["unread-column"],
        "hostname and tags are told to be left out"
    );

    let columns = Columns {
        named: vec![named(Field::Name, "hostnam")],
        ignored: Vec::new(),
    };
    let (_, diagnostics) = read_with(FileId(0), text, &columns);
    assert_eq!(diagnostics[0].message, "no column is called `hostnam`");
    assert_eq!(diagnostics[0].help.as_deref(), Some("did you mean `hostname`?"));
}

#[test]
fn how_a_title_is_spelled_does_not_matter() {
    for spelled in ["FDA class", "FDA-class", "fdaclass", "FDA_Class", "fda.class"] {
        for (title, device) in [("Host Name X", "host_name_x"), ("host-name-x", "HostNameX")] {
            let columns = Columns {
                named: vec![named(Field::Name, device)],
                ignored: vec![named(Field::Name, "fda_class").1],
            };
            let text = format!("{title},{spelled}\nh1,II\n");
            let (devices, diagnostics) = read_with(FileId(0), &text, &columns);
            assert_eq!(shown(&devices), "h1 in -:  [] {} \n", "{text}");
            assert_eq!(diagnostics, [], "{text}");
        }
    }
}

#[test]
fn the_header_must_be_clear() {
    assert_snapshot!(messages("a.csv", ""), @r"
    error[csv-syntax]: this file has no header row
     --> a.csv:1:1
      |
    1 |
      | ^
      |
      = help: begin with the titles of the columns, such as `name,zone,address,labels`
    ");
    assert_snapshot!(messages("a.csv", "# only this\n\n"), @r"
    error[csv-syntax]: this file has no header row
     --> a.csv:1:1
      |
    1 | # only this
      | ^
      |
      = help: begin with the titles of the columns, such as `name,zone,address,labels`
    ");
    assert_snapshot!(messages("a.csv", "zone,address\nx,10.0.0.1\n"), @r"
    error[missing-column]: no column holds the names of the devices
     --> a.csv:1:1
      |
    1 | zone,address
      | ^^^^^^^^^^^^
      |
      = help: call it `name`, or name it in `septum.yaml`: `columns: { name: … }`
    ");
    assert_snapshot!(messages("a.csv", "name,lables,IP Adress\n"), @r"
    error[unknown-column]: unknown column `lables`
     --> a.csv:1:6
      |
    1 | name,lables,IP Adress
      |      ^^^^^^
      |
      = help: did you mean `labels`?
    error[unknown-column]: unknown column `IP Adress`
     --> a.csv:1:13
      |
    1 | name,lables,IP Adress
      |             ^^^^^^^^^
      |
      = help: did you mean `address`?
    ");
    assert_snapshot!(messages("a.csv", "host,device,os,os\n"), @r"
    error[duplicate-column]: a second column for the name of a device
     --> a.csv:1:6
      |
    1 | host,device,os,os
      | ---- ^^^^^^
      | |
      | the first
      |
      = help: keep one, or say in `septum.yaml` which one counts, under `columns`
    error[duplicate-column]: a second column for the os of a device
     --> a.csv:1:16
      |
    1 | host,device,os,os
      |             -- ^^
      |             |
      |             the first
      |
      = help: keep one, or say in `septum.yaml` which one counts, under `columns`
    ");
    assert_snapshot!(messages("a.csv", "name,hostname\n"), @r"
    warning[unread-column]: a column is not read
     --> a.csv:1:6
      |
    1 | name,hostname
      |      ^^^^^^^^
      |
      = help: list what you do not need under `ignore`, beside `file`, in `septum.yaml`
    ");
}

#[test]
fn all_mistakes_are_told_with_their_cell() {
    let text = "\
name,zone,address,labels,notes
a,x,10.0.0.1 10.0.0.300,l,n
,x,10.0.0.2,l,n
c,x,10.0.0.3
d,x,10.0.0.4,l,one,two
e,x,10.0.0.5,l,\"a\"b
f,x,10.0.0.6, \"l\",n
g\0,x,10.0.0.7,l,n
h,x,\"10.0.0.8
i,x,10.0.0.9,l,n
";
    assert_snapshot!(messages("a.csv", text), @r#"
    error[bad-address]: `10.0.0.300` is no address
     --> a.csv:2:14
      |
    2 | a,x,10.0.0.1 10.0.0.300,l,n
      |              ^^^^^^^^^^
      |
      = help: write it as `10.20.0.5` or `2001:db8:20::5`
    error[missing-name]: this row gives no name
     --> a.csv:3:1
      |
    3 | ,x,10.0.0.2,l,n
      | ^^^^^^^^^^^^^^^
    warning[csv-width]: this row has 3 cells, the header has 5
     --> a.csv:4:1
      |
    1 | name,zone,address,labels,notes
      | ------------------------------ the header
    ...
    4 | c,x,10.0.0.3
      | ^^^^^^^^^^^^
      |
      = help: leave a cell empty rather than out
    error[csv-width]: this row has 6 cells, the header has 5
     --> a.csv:5:20
      |
    1 | name,zone,address,labels,notes
      | ------------------------------ the header
    ...
    5 | d,x,10.0.0.4,l,one,two
      |                    ^^^
      |
      = help: put a cell that holds a comma in quotes
    error[csv-syntax]: text after the closing quote
     --> a.csv:6:19
      |
    6 | e,x,10.0.0.5,l,"a"b
      |                   ^
      |
      = help: a quote inside a quoted cell is written twice
    error[csv-syntax]: a blank before the quote makes it part of the text
     --> a.csv:7:15
      |
    7 | f,x,10.0.0.6, "l",n
      |               ^^^
      |
      = help: remove the blank
    error[wrong-value]: `g\u{0}` holds a control character
     --> a.csv:8:1
      |
    8 | g␀,x,10.0.0.7,l,n
      | ^^
    error[csv-syntax]: this quote is never closed
     --> a.csv:9:5
      |
    9 | h,x,"10.0.0.8
      |     ^
      |
      = help: the rows below are not read until it is
    "#);
    assert_snapshot!(shown(&read("a.csv", text).0), @r#"
    a in x: 10.0.0.1 [l] {notes=n} 
    c in x: 10.0.0.3 [] {} 
    d in x: 10.0.0.4 [l] {notes=one} 
    e in x: 10.0.0.5 [l] {notes=a} 
    f in x: 10.0.0.6 ["l"] {notes=n} 
    h in x: 10.0.0.8 [] {}
    "#);
}

#[test]
fn cells_stand_where_their_spans_say() {
    arbtest::arbtest(|u| {
        let cells = [
            "a",
            "\"a\"",
            " a ",
            "\"a \"\" b\"",
            "ä",
            "",
            "\"x,\ny\"",
            "10.0.0.1",
            "\"10.0.0.1|::2\"",
            "a b",
        ];
        let mut text = "name,address,labels,notes\r\n".to_owned();
        for _ in 0..u.int_in_range(1..=6)? {
            let row: Vec<&str> = (0..u.int_in_range(1..=5)?)
                .map(|_| u.choose(&cells).copied())
                .collect::<Result<_, _>>()?;
            text.push_str(&row.join(","));
            text.push_str(u.choose(&["\n", "\r\n", "\n\n", "\n#,\n"])?);
        }
        let (devices, diagnostics) = read("a.csv", &text);
        let at = |span: Span| text.get(span.range()).unwrap().replace("\"\"", "\"");
        for device in &devices {
            assert_eq!(at(device.name.span), &*device.name.value);
            for address in &device.addresses {
                assert_eq!(at(address.span), address.value.to_string());
            }
            for label in &device.labels {
                assert!(at(label.span).contains(&*label.value));
            }
            for (_, fact) in device.facts.iter() {
                assert_eq!(at(fact.span), *fact.value);
            }
            assert!(device.span.range().contains(&(device.name.span.start as usize)));
        }
        for diagnostic in &diagnostics {
            assert!(
                text.get(diagnostic.primary.as_ref().unwrap().span.range())
                    .is_some()
            );
        }
        Ok(())
    });
}
