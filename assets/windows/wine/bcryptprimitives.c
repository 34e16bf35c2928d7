// Only for Wine 8, which smoke.sh starts the programs in: it lacks the one function of bcryptprimitives.dll that Go takes its
// random numbers from. This gives them from the function that Windows had before. It is never shipped.
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); // RtlGenRandom

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
	while (length > 0) {
		ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
		if (!SystemFunction036(data, part))
			ExitProcess(1); // ProcessPrng never fails, and nobody checks
		data += part;
		length -= part;
	}
	return TRUE;
}
