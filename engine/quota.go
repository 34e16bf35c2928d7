package engine

// QuotaUse is what somebody may store, 0 where that is not limited, and what is used of it, both in bytes.
type QuotaUse struct{ Used, Quota uint64 }

// nearlyPercent of a quota is where its use needs attention.
const nearlyPercent = 90

// UsedUp tells that nothing more may be stored.
func (q QuotaUse) UsedUp() bool { return q.Quota > 0 && q.Used >= q.Quota }

// NearlyUsedUp tells that so much is used that it is time for a warning.
func (q QuotaUse) NearlyUsedUp() bool {
	return q.Quota > 0 && float64(q.Used) >= float64(q.Quota)*nearlyPercent/100
}

// Share is the part that is used; 0 where there is no quota.
func (q QuotaUse) Share() float64 {
	if q.Quota == 0 {
		return 0
	}
	return float64(q.Used) / float64(q.Quota)
}
