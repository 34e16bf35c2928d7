package text

import "fmt"

// Quota writes how much of a quota is used; without a quota only what is used.
func Quota(used, quota uint64) string {
	if quota == 0 {
		return Size(used)
	}
	return fmt.Sprintf("%s of %s (%.0f %%)", Size(used), Size(quota), 100*float64(used)/float64(quota))
}

// QuotaShort writes it as a table has room for it; nothing where nothing is used and there is no quota.
func QuotaShort(used, quota uint64) string {
	switch {
	case quota > 0:
		return fmt.Sprintf("%.0f %% of %s", 100*float64(used)/float64(quota), Size(quota))
	case used > 0:
		return Size(used)
	}
	return ""
}
