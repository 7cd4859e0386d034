//! Whole devices as their owners write them, by the examples of Cisco's configuration guides: every line is
//! modelled, known to change nothing, or reported.

use super::{packet, passes, understood};
use septum::target::Platform;
use septum::target::cisco_ios::CiscoIos;

const BRANCH: &str = "!
! Branch router, 15.7
version 15.7
service timestamps log datetime msec
service password-encryption
!
hostname branch-7
!
boot-start-marker
boot-end-marker
!
enable secret 5 $1$abcd
!
no aaa new-model
clock timezone CET 1 0
software auto-upgrade enable
subscriber templating
no device-tracking logging theft
ip dns server
privilege exec level 5 show
!
ip dhcp excluded-address 10.7.1.1
ip dhcp pool WARDS
 network 10.7.1.0 255.255.255.0
 default-router 10.7.1.1
!
ip domain name example.org
ip cef
ipv6 unicast-routing
!
username admin privilege 15 secret 5 $1$x
!
interface GigabitEthernet0/0
 description WAN
 ip address 198.51.100.2 255.255.255.252
 ip access-group 101 in
 ip nat outside
 duplex auto
 speed auto
 no shutdown
!
interface GigabitEthernet0/1.10
 encapsulation dot1Q 10
 ip address 10.7.1.1 255.255.255.0
 ip   access-group    WARDS   in   
 ip nat inside
 ipv6 address 2001:db8:7:1::1/64
 ipv6 traffic-filter WARDS6 in
!
interface GigabitEthernet0/2
 no ip address
 shutdown
!
interface Vlan30
 no ip address
 no autostate
!
router ospf 1
 passive-interface default
 network 10.7.0.0 0.0.255.255 area 7
!
ip forward-protocol nd
no ip http server
ip nat inside source list NAT interface GigabitEthernet0/0 overload
ip route 0.0.0.0 0.0.0.0 198.51.100.1
!
ip access-list extended NAT
 permit ip 10.7.0.0 0.0.255.255 any
ip access-list extended WARDS
 remark -- servers
 permit tcp any host 10.40.0.10 eq www 443
 permit udp any host 10.40.0.53 eq domain
 permit icmp any any echo
 deny   ip any 10.0.0.0 0.255.255.255 log
 permit ip any any
!
access-list 10 permit 10.50.0.0 0.0.255.255
access-list 101 remark what comes back
access-list 101 permit tcp any any established
access-list 101 permit icmp any any unreachable
access-list 101 permit icmp any any ttl-exceeded
access-list 101 permit udp any eq domain any gt 1023
access-list 101 deny   ip any any log-input
!
snmp-server community s3cret RO 10
!
ipv6 access-list WARDS6
 permit tcp 2001:DB8:7:1::/64 any eq 443
 permit icmp any any
!
control-plane
!
banner login #
ip access-list extended WARDS
 no permit ip any any
#
!
line con 0
 login local
line vty 0 4
 access-class 10 in
 login local
 transport input ssh
!
ntp server 10.40.0.123
end
";

#[test]
fn a_branch_router() {
    let read = understood(&BRANCH.replace('\n', "\r\n"));
    let wan = |p, ack| passes(&read, "Gi0/0", &p, ack);
    assert!(wan(packet("203.0.113.9", "198.51.100.2", 6, 443, 40_000), true));
    assert!(!wan(packet("203.0.113.9", "198.51.100.2", 6, 443, 40_000), false));
    assert!(wan(packet("203.0.113.9", "198.51.100.2", 1, 3, 4), false));
    assert!(!wan(packet("203.0.113.9", "198.51.100.2", 1, 11, 1), false));
    assert!(wan(packet("203.0.113.9", "198.51.100.2", 17, 53, 1024), false));
    assert!(!wan(packet("203.0.113.9", "198.51.100.2", 17, 53, 1023), false));
    let ward = |p| passes(&read, "GigabitEthernet 0/1.10", &p, false);
    assert!(ward(packet("10.7.1.9", "10.40.0.10", 6, 9, 443)));
    assert!(!ward(packet("10.7.1.9", "10.40.0.11", 6, 9, 443)));
    assert!(ward(packet("10.7.1.9", "192.0.2.1", 6, 9, 25)));
    assert!(ward(packet("2001:db8:7:1::9", "2001:db8::1", 6, 9, 443)));
    assert!(!ward(packet("2001:db8:7:2::9", "2001:db8::1", 6, 9, 443)));
    assert!(passes(
        &read,
        "Gi0/2",
        &packet("10.7.1.9", "10.40.0.11", 6, 9, 443),
        false
    ));
}

/// A switch with what nobody here can judge. The lines that are reported are marked.
const SWITCH: &str = "version 17.9
service timestamps debug datetime msec
hostname dist-a
!
vrf definition Mgmt-vrf
 !
 address-family ipv4
 exit-address-family
!
aaa new-model
aaa authentication login default group tacacs+ local
!
device-tracking tracking    ! reported
cts role-based enforcement  ! reported
crypto pki trustpoint SLA-TrustPoint
 enrollment pkcs12
 revocation-check crl
!
crypto pki certificate chain SLA-TrustPoint
 certificate ca 01
  30820321 30820209 A0030201 02020101 300D0609 2A864886 F70D0101 0B050030
  32310E30 0C060355 040A1305 43697363 6F312030 1E060355 04031317 43697363
  \tquit
!
spanning-tree mode rapid-pvst
vlan 108,112
!
vlan 124
 name workstations
class-map match-any system-cpp-police-topology-control
  description Topology control
policy-map system-cpp-policy
!
object-group network SERVERS
 description of the data centre
 10.40.0.0 255.255.252.0
 host 10.40.8.1
object-group service WEB
 tcp eq www
 tcp eq 443
!
interface Port-channel1
 description to core
 no switchport
 ip address 10.255.0.2 255.255.255.252
 ip access-group CORE in
interface TenGigabitEthernet1/0/1
 no switchport
 no ip address
 channel-group 1 mode active
interface GigabitEthernet1/0/5
 switchport access vlan 124
 switchport mode access
 authentication port-control auto  ! reported
 spanning-tree portfast
interface Vlan124
 ip address 10.24.0.2 255.255.252.0
 ip helper-address 10.41.0.67
 ip access-group WORK in
 standby version 2
 standby 1 ip 10.24.0.1
 service-policy input MARK  ! reported
!
ip access-list extended CORE
 10 permit tcp object-group SERVERS any established
 20 permit udp object-group SERVERS eq ntp any
ip access-list extended WORK
 10 permit object-group WEB any object-group SERVERS
 30 deny ip any any
 20 permit udp any object-group SERVERS eq ntp
ip access-list extended VOICE
 10 permit udp any any range 16384 32767 dscp ef
!
line vty 0 15
 transport input ssh
event manager applet X  ! reported
 action 1 cli command \"conf t\"
end
";

#[test]
fn a_switch_with_what_nobody_here_can_judge() {
    let text: String = SWITCH
        .lines()
        .map(|line| format!("{}\n", line.split("  ! reported").next().unwrap().trim_end()))
        .collect();
    let marked: Vec<usize> = (1..)
        .zip(SWITCH.lines())
        .filter(|(_, line)| line.contains("! reported") || line.contains("action 1"))
        .map(|(number, _)| number)
        .collect();
    let read = CiscoIos.read(&text);
    let lines: Vec<usize> = read.not_understood.iter().map(|report| report.line).collect();
    assert_eq!(lines, marked, "{:#?}", read.not_understood);
    // The rest is modelled all the same.
    let work = |p| passes(&read, "Vl124", &p, false);
    assert!(
        work(packet("10.24.0.9", "10.40.3.255", 6, 9, 443))
            && work(packet("10.24.0.9", "10.40.8.1", 17, 9, 123))
    );
    assert!(!work(packet("10.24.0.9", "10.40.4.1", 6, 9, 443)));
    let core = |p, ack| passes(&read, "Po1", &p, ack);
    assert!(core(packet("10.40.0.1", "10.24.0.9", 6, 443, 9), true));
    assert!(!core(packet("10.40.0.1", "10.24.0.9", 6, 443, 9), false));
}
