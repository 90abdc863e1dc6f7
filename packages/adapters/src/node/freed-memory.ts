/*
 * Memory of large messages, where the C library is glibc. That gives free memory at the end of its heap back to the system once
 * there are 128 KiB of it, and takes it anew for the next message, page by page: 1 MiB there and back cost twice the CPU (8.1 ms, then
 * 3.4). It keeps twice as much as the largest block that was ever freed, so that one large block, which is never written to
 * and so takes no memory, teaches it to keep some. Elsewhere this is of no effect.
 *
 * Owns: when that is done, and what is given back early. Must not know: sockets.
 */

/** Messages from here on. Those of streams and tables are smaller, and were not found to gain. */
export const LARGE_BYTES: number = 256 * 1024
/** Of the block: up to twice as much stays free, which is about what V8 collects at once. From larger ones than 32 MiB glibc learns nothing. */
const BLOCK_BYTES = 31 * 1024 * 1024

/** @param allocate gives a block, to be freed again at once */
export function createFreedMemory(allocate: (bytes: number) => ArrayBuffer): (messageBytes: number) => void {
  let isKept = false
  return (messageBytes) => {
    if (messageBytes < LARGE_BYTES || isKept) return
    isKept = true
    try {
      free(allocate(BLOCK_BYTES))
    } catch {
      // No room for it: then there is none to keep either, and messages are to go on.
    }
  }
}

/** From Node 22 on; before, the block is collected some time. */
function free(block: ArrayBuffer & { transfer?(bytes: number): ArrayBuffer }): void {
  block.transfer?.(0)
}

/** Elsewhere what was read may lie in a buffer that is read into again. */
const HAS_BUFFERS_OF_ITS_OWN = !('Deno' in globalThis || 'Bun' in globalThis)
/** Below, giving it back costs more than it saves. */
const WORTH_FREEING_BYTES = 32 * 1024

/**
 * Gives the memory of what was read back at once, not with some later collection: the next piece is read into it while it is still in the
 * cache of the processor, and V8, which counts such memory, collects less often. 1 MiB there and back cost a server an eighth less.
 *
 * @param bytes that nobody reads any more; nothing happens to them where they share their buffer with others
 */
export function freeMemory(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes
  if (byteLength < WORTH_FREEING_BYTES || byteLength < buffer.byteLength || !HAS_BUFFERS_OF_ITS_OWN) return
  if (buffer instanceof ArrayBuffer) free(buffer)
}

/** To be told of the size of each message, in and out. */
export const noteMessage: (messageBytes: number) => void = createFreedMemory((bytes) => new ArrayBuffer(bytes))
