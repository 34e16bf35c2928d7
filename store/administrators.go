package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"lockwire/engine"
)

// Administrators gives all administrators, revoked ones too, sorted by name.
func (s *Store) Administrators(ctx context.Context) ([]engine.Administrator, error) {
	return read(ctx, s, func(r records) ([]engine.Administrator, error) { return r.Administrators(ctx) })
}

// JoinToken finds a token by the hash of its secret.
func (s *Store) JoinToken(ctx context.Context, hash [32]byte) (engine.JoinToken, error) {
	return read(ctx, s, func(r records) (engine.JoinToken, error) { return r.JoinToken(ctx, hash) })
}

// JoinTokens gives all join tokens, the oldest first.
func (s *Store) JoinTokens(ctx context.Context) ([]engine.JoinToken, error) {
	return read(ctx, s, func(r records) ([]engine.JoinToken, error) { return r.JoinTokens(ctx) })
}

func (r records) Administrators(ctx context.Context) ([]engine.Administrator, error) {
	return list(ctx, r, "read the administrators", func(rows *sql.Rows) (a engine.Administrator, err error) {
		var joined, expires, revoked sql.NullInt64
		var key string
		if err := rows.Scan(&a.ID, &a.Name, &a.Role, &key, &joined, &expires, &revoked); err != nil {
			return a, err
		}
		a.Joined, a.CertificateExpires, a.Revoked = moment(joined), moment(expires), moment(revoked)
		a.Key, err = keyID(key)
		return a, err
	}, `SELECT id, name, role, public_key_id, joined, certificate_expires, revoked FROM administrators ORDER BY name_folded, id`)
}

func (t *transaction) PutAdministrator(a engine.Administrator) error {
	doing := fmt.Sprintf("save administrator %q", a.Name)
	if err := checkID(doing, a.ID); err != nil {
		return err
	}
	return t.execute(doing, `INSERT INTO administrators (id, name, name_folded, role, public_key_id, joined, certificate_expires, revoked)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_folded = excluded.name_folded, role = excluded.role,
			public_key_id = excluded.public_key_id, joined = excluded.joined, certificate_expires = excluded.certificate_expires, revoked = excluded.revoked`,
		a.ID, a.Name, engine.Fold(a.Name), a.Role, a.Key.String(), a.Joined.UnixMilli(), milliseconds(a.CertificateExpires), milliseconds(a.Revoked))
}

const joinTokenColumns = `id, hash, kind, name, role, administrator_role, tags, made, expires, used, uses, taken, revoked`

func (r records) JoinToken(ctx context.Context, hash [32]byte) (engine.JoinToken, error) {
	return one(ctx, r, "read a join token", "join token", scanJoinToken, `SELECT `+joinTokenColumns+` FROM join_tokens WHERE hash = ?`, hex.EncodeToString(hash[:]))
}

func (r records) JoinTokens(ctx context.Context) ([]engine.JoinToken, error) {
	return list(ctx, r, "read the join tokens", scanJoinToken, `SELECT `+joinTokenColumns+` FROM join_tokens ORDER BY made, id`)
}

func scanJoinToken(rows *sql.Rows) (token engine.JoinToken, err error) {
	var hash, tags string
	var role, administrator sql.NullString
	var made, expires, used, revoked sql.NullInt64
	if err := rows.Scan(&token.ID, &hash, &token.Kind, &token.Name, &role, &administrator, &tags, &made, &expires, &used, &token.Uses, &token.Taken, &revoked); err != nil {
		return token, err
	}
	token.Role, token.Administrator = engine.Role(role.String), engine.AdministratorRole(administrator.String)
	token.Made, token.Expires, token.Used, token.Revoked = moment(made), moment(expires), moment(used), moment(revoked)
	if token.Hash, err = keyID(hash); err != nil {
		return token, err
	}
	return token, readDocument("join token", token.ID, tags, &token.Tags)
}

func (t *transaction) PutJoinToken(token engine.JoinToken) error {
	const doing = "save a join token"
	if err := checkID(doing, token.ID); err != nil {
		return err
	}
	if token.Tags == nil {
		token.Tags = []string{}
	}
	tags, err := document(token.Tags)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return t.execute(doing, `INSERT INTO join_tokens (id, hash, kind, name, role, administrator_role, tags, made, expires, used, uses, taken, revoked)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, kind = excluded.kind, name = excluded.name, role = excluded.role,
			administrator_role = excluded.administrator_role, tags = excluded.tags, made = excluded.made, expires = excluded.expires, used = excluded.used,
			uses = excluded.uses, taken = excluded.taken, revoked = excluded.revoked`,
		token.ID, hex.EncodeToString(token.Hash[:]), token.Kind, token.Name, optional(string(token.Role)), optional(string(token.Administrator)),
		tags, token.Made.UnixMilli(), token.Expires.UnixMilli(), milliseconds(token.Used), token.Uses, token.Taken, milliseconds(token.Revoked))
}

func (t *transaction) RemoveJoinTokens(before time.Time) error {
	return t.execute("remove old join tokens", `DELETE FROM join_tokens WHERE expires < ? OR used < ? OR revoked < ?`, before.UnixMilli(), before.UnixMilli(), before.UnixMilli())
}
