/**
 * Zones whose servers prove what is not there, and a zone below one of them. Their names are known to nobody: in no
 * certificate and no word list.
 */

/** Proves by NSEC records that link its names. Names below `depot` are not its own. */
export const dataText = `
@           SOA   ns1.northwind.example. hostmaster.northwind.example. 2025030401 7200 3600 1209600 300
@           NS    ns1.northwind.example.
@           NS    ns2.dns-host.example.
@           HOST  backup1
amber-sluice-9 A  10.20.9.4
depot       NS    ns1.northwind.example.
*.feeds     A     10.20.9.20
ledger-q3-7f HOST backup1
kestrel-4.west-pier A 10.20.9.7
zinc-archive-2 TXT moved to the tape library
zulu-mirror CNAME ledger-q3-7f
`

export const depotText = `
@           SOA   ns1.northwind.example. hostmaster.northwind.example. 2025030402 7200 3600 1209600 300
@           NS    ns1.northwind.example.
bay-12-heron A    10.20.9.30
`

/** Proves by records that its server makes up for each question (RFC 9824). */
export const cloudText = `
@           SOA   ns1.northwind.example. hostmaster.northwind.example. 2025030403 7200 3600 1209600 300
@           NS    ns1.northwind.example.
@           HOST  backup1
quartz-relay-31 A 10.20.9.40
`
