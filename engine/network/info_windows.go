package network

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// sioTCPInfo is SIO_TCP_INFO of mstcpip.h: Windows 10 1703 and later.
const sioTCPInfo = windows.IOC_INOUT | windows.IOC_VENDOR | 39

// tcpInfo is TCP_INFO_v0.
type tcpInfo struct {
	state             int32 // 0 is closed
	mss               uint32
	connectionTimeMs  uint64
	timestampsEnabled uint8
	rttUs             uint32
	minRttUs          uint32
	bytesInFlight     uint32
	congestionWindow  uint32
	sendWindow        uint32
	receiveWindow     uint32
	receiveBuffer     uint32
	bytesOut          uint64
	bytesIn           uint64
	bytesReordered    uint32
	bytesRetrans      uint32
	fastRetrans       uint32
	dupAcksIn         uint32
	timeoutEpisodes   uint32
	synRetrans        uint8
}

// readInfo asks for version 0. Windows does not tell the time of the last acknowledgement: progress must do. A byte that probes a
// closed window counts as in flight all the time, so that nothing is said of a peer whose window is closed. It does not tell what
// was not sent either: a packet that has no place in the window is taken for that.
func readInfo(fd uintptr) (Info, bool) {
	var version, returned uint32
	var i tcpInfo
	err := windows.WSAIoctl(windows.Handle(fd), sioTCPInfo, (*byte)(unsafe.Pointer(&version)), uint32(unsafe.Sizeof(version)),
		(*byte)(unsafe.Pointer(&i)), uint32(unsafe.Sizeof(i)), &returned, nil, 0)
	if err != nil || returned < uint32(unsafe.Sizeof(i)) {
		return Info{}, false
	}
	const unknown = ^uint32(0)
	roundTrip := time.Duration(i.minRttUs) * time.Microsecond
	if i.minRttUs == unknown {
		roundTrip = 0
	}
	return Info{
		Closed:            i.state == 0,
		Unacknowledged:    i.bytesInFlight > 0 && i.sendWindow > 0,
		Acknowledged:      i.bytesOut - uint64(i.bytesInFlight),
		SinceAcknowledged: -1,
		RoundTrip:         roundTrip,
		InFlight:          int(min(i.congestionWindow, i.sendWindow)),
		Waiting:           i.bytesInFlight > 0 && i.bytesInFlight+i.mss > min(i.congestionWindow, i.sendWindow),
	}, true
}
