module m
go 1.22
require (
	h.org/a v1.2.3 // indirect
	h.org/b/v2 v2.0.0+incompatible
)
replace h.org/a => ../a
replace h.org/b/v2 v2.0.0 => h.org/c v0.1.0
