// Package exchange brings rule sets in and out: Lockwire's own JSON both ways; in also Veeam's, as the body of REST's
// GET /api/v1/trafficRules or as PowerShell writes them, and Proxmox Backup Server's.
//
// DecodeAny reads any of them by its content, and DecodeImport what `rules import` needs. What Encode writes in the own format is
// read back as it was, byte for byte the same when it is written again. Plan says what an import does to the rules that are there.
//
// Everything that comes in is bounded: the size of the file, its rules, the entries of a rule. What is wrong in a field is a
// *engine.FieldError that names the rule and the field; nothing that was read is dropped without a word: it is refused by name, or
// stands in the Report.
package exchange
