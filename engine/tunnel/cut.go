package tunnel

import "lockwire/engine"

// cutKey ends all of a key, and forgets what it may do.
func (h *holders) cutKey(key engine.KeyID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for session := range h.allowed {
		h.disallow(session, key)
	}
	if holder := h.byKey[key]; holder != nil {
		h.forgetKnown(key, holder)
	}
}

// cutUnknown ends what a key has that the broker does not know any more, but for the sessions that it still allows: of a key that was renewed
// these go on.
func (h *holders) cutUnknown(key engine.KeyID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	holder := h.byKey[key]
	if holder == nil {
		return
	}
	holder.known = false
	holder.end(func(to Destination) bool {
		_, allowed := h.allowed[to.Session][key]
		return to.Kind != ToSession || !allowed
	})
	h.forget(key)
}

// cutAll ends all there is, and forgets what any key may do.
func (h *holders) cutAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.allowed)
	for key, holder := range h.byKey {
		h.forgetKnown(key, holder)
	}
}

// cutSession ends all of a session.
func (h *holders) cutSession(session engine.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.allowed, session)
	for _, holder := range h.byKey {
		holder.end(func(to Destination) bool { return to == Session(session) })
	}
}

// cutOf ends what one key has of a session.
func (h *holders) cutOf(session engine.ID, key engine.KeyID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.disallow(session, key)
	if holder := h.byKey[key]; holder != nil {
		holder.end(func(to Destination) bool { return to == Session(session) })
	}
}

// cutSessions ends all that leads to targets.
func (h *holders) cutSessions() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, holder := range h.byKey {
		holder.end(func(to Destination) bool { return to.Kind == ToSession })
	}
}

// disallow forgets that a key may reach a session. h.mu is held.
func (h *holders) disallow(session engine.ID, key engine.KeyID) {
	keys := h.allowed[session]
	if delete(keys, key); len(keys) == 0 {
		delete(h.allowed, session)
	}
}

// forgetKnown ends all of a key, of which the broker has to be asked anew. h.mu is held.
func (h *holders) forgetKnown(key engine.KeyID, holder *holder) {
	holder.known = false
	holder.end(func(Destination) bool { return true })
	h.forget(key)
}

// end resets the connections of a key that lead to some places. The lock is held.
func (h *holder) end(leading func(to Destination) bool) {
	for p := range h.live {
		if leading(p.to) {
			p.end()
		}
	}
}

// end resets a connection. The lock is held; a reset does not wait.
func (p *passage) end() {
	p.cut = true
	p.reset()
}

// kept gives all that is allowed: the sessions, and the keys that are known.
func (h *holders) kept() (sessions map[engine.ID][]engine.KeyID, keys []engine.KeyID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sessions = make(map[engine.ID][]engine.KeyID, len(h.allowed))
	for session, of := range h.allowed {
		for key := range of {
			sessions[session] = append(sessions[session], key)
		}
	}
	for key, holder := range h.byKey {
		if holder.known {
			keys = append(keys, key)
		}
	}
	return sessions, keys
}
