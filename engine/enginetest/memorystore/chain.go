package memorystore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"lockwire/engine"
)

// ChainHead, Chain and Unchained read as engine.Records says.
func (s *Store) ChainHead(ctx context.Context) (engine.ChainLink, error) {
	return s.now().ChainHead(ctx)
}
func (s *Store) Chain(ctx context.Context, query engine.ChainQuery) ([]engine.ChainEntry, error) {
	return s.now().Chain(ctx, query)
}
func (s *Store) Unchained(ctx context.Context, most int) ([]engine.ID, error) {
	return s.now().Unchained(ctx, most)
}

func (m *memory) ChainHead(context.Context) (engine.ChainLink, error) {
	if len(m.chain) == 0 {
		return engine.ChainLink{}, fmt.Errorf("chain of receipts: %w", engine.ErrNotFound)
	}
	return m.chain[len(m.chain)-1].ChainLink, nil
}

func (m *memory) Chain(_ context.Context, query engine.ChainQuery) (page []engine.ChainEntry, err error) {
	for _, entry := range m.chain {
		if entry.Sequence <= query.After || len(page) == max(query.Limit, 1) {
			continue
		}
		if receipt, found := m.receipts[entry.Session]; found {
			if entry.Document, err = json.Marshal(receipt); err != nil {
				return nil, err
			}
		}
		page = append(page, entry)
	}
	return page, nil
}

func (m *memory) Unchained(_ context.Context, most int) (ids []engine.ID, err error) {
	for id := range m.receipts {
		if len(ids) < most && !slices.ContainsFunc(m.chain, func(e engine.ChainEntry) bool { return e.Session == id }) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (m *memory) AppendToChain(entry engine.ChainEntry) error {
	m.chain = append(m.chain[:len(m.chain):len(m.chain)], entry)
	return nil
}
