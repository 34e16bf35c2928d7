//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/wire"
)

const (
	// aimJoined is how long ten thousand machines may take to join.
	aimJoined = 10 * time.Minute
	// aimJoinGrowth is by how much a join at the end may cost the broker more than one at the beginning.
	aimJoinGrowth  = 1.5
	joinedAtATime  = 8
	joinedInBlocks = 10
)

// joining is how machines join.
type joining struct {
	Components  int
	Took        time.Duration
	First, Last time.Duration // of the broker's processor for one of the first tenth, and for one of the last
	Load        float64       // processors of the broker, of those that it and the machines share
}

// measureJoining makes a token for each of many machines, as an administrator does, and has each join with it.
func measureJoining(ctx context.Context, o options, out io.Writer) (any, error) {
	i, err := newInstallation(ctx, o, plan{name: "joining"})
	if err != nil {
		return nil, err
	}
	defer i.broker.stop()
	admin, closeAdmin, err := i.administration(ctx)
	if err != nil {
		return nil, err
	}
	defer closeAdmin()
	j := joining{Components: o.components}
	pid := i.broker.cmd.Process.Pid
	start, err := cpuOf(pid)
	if err != nil {
		return nil, err
	}
	began, before, joined := time.Now(), start, 0
	for block := range joinedInBlocks {
		many := j.Components*(block+1)/joinedInBlocks - joined
		group, joining := errgroup.WithContext(ctx)
		group.SetLimit(joinedAtATime)
		for n := range many {
			name := fmt.Sprintf("machine %05d", joined+n)
			group.Go(func() error { return joinSimulated(joining, admin, name) })
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		joined += many
		after, err := cpuOf(pid)
		if err != nil {
			return nil, err
		}
		each := (after - before) / time.Duration(max(many, 1))
		if before = after; block == 0 {
			j.First = each
		}
		j.Last = each
	}
	j.Took = time.Since(began)
	j.Load = (before - start).Seconds() / j.Took.Seconds()
	components, err := admin.Components(ctx)
	if err != nil {
		return nil, err
	}
	if len(components) != j.Components {
		return nil, fmt.Errorf("%d machines joined, and the broker has %d", j.Components, len(components))
	}
	growth := float64(j.Last) / float64(max(j.First, 1))
	fmt.Fprintf(out, "\n%d machines joined in %v, each with a token of its own: %.0f a second (aim: 10,000 within %v)%s; the broker took %.2f processors\n",
		j.Components, j.Took.Round(time.Millisecond), float64(j.Components)/j.Took.Seconds(), aimJoined, verdict(ofTenThousand(j.Took, j.Components) < aimJoined), j.Load)
	fmt.Fprintf(out, "token and join took the broker %v for one of the first tenth and %v for one of the last, %.2f x (aim: at most %.1f)%s\n",
		j.First.Round(time.Microsecond), j.Last.Round(time.Microsecond), growth, aimJoinGrowth, verdict(growth <= aimJoinGrowth))
	return j, nil
}

// ofTenThousand is how long ten thousand would have taken, where each takes as long.
func ofTenThousand(took time.Duration, components int) time.Duration {
	return time.Duration(float64(took) * 10_000 / float64(components))
}

// joinSimulated makes a token and joins with it, as an agent does but for its disk.
func joinSimulated(ctx context.Context, admin engine.Administration, name string) error {
	made, err := admin.NewToken(ctx, engine.TokenRequest{Kind: engine.JoinComponent, Name: name, Role: engine.Server, Tags: []string{"bench"}})
	if err != nil {
		return err
	}
	token, err := identity.ParseToken(made.Secret)
	if err != nil {
		return err
	}
	key, err := identity.NewKey()
	if err != nil {
		return err
	}
	request, err := identity.NewRequest(key)
	if err != nil {
		return err
	}
	client, err := grpc.NewClient("passthrough:///"+token.Brokers()[0],
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the dialer secures the connection, as the agent's does
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := (&tls.Dialer{Config: identity.JoinConfig(token.Pin(), time.Now)}).DialContext(ctx, "tcp", address)
			return conn, err
		}))
	if err != nil {
		return err
	}
	defer client.Close()
	secret := token.Secret()
	defer clear(secret)
	_, err = wire.NewEnrolmentClient(client).Join(ctx, &wire.JoinRequest{Secret: secret, CertificateRequest: request})
	return err
}
