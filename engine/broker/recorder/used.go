package recorder

import (
	"errors"

	"lockwire/engine"
)

// Used queues what a tenant has used of its quota for the next batch.
func (r *Recorder) Used(tenant engine.ID, bytes uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used[tenant] = bytes
}

// putUsed writes what tenants have used that are still in the record.
func putUsed(tx engine.Transaction, used map[engine.ID]uint64) error {
	for tenant, bytes := range used {
		if err := tx.PutTenantUsed(tenant, bytes); err != nil && !errors.Is(err, engine.ErrNotFound) {
			return err
		}
	}
	return nil
}
