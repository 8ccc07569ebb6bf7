/**
 * Zeroed memory that workers see as it is, or, in a page that may not share memory, memory that can be handed over.
 * Sharing is not only faster: memory handed over becomes new to the garbage collector each time, and provokes it.
 */
export function allocateForWorkers(byteLength: number): ArrayBuffer | SharedArrayBuffer {
  return typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(byteLength) : new SharedArrayBuffer(byteLength);
}

/** What a message must hand over for these buffers to go along: those that are not shared, each once. */
export function buffersToTransfer(buffers: readonly (ArrayBuffer | SharedArrayBuffer)[]): ArrayBuffer[] {
  return [...new Set(buffers)].filter((buffer): buffer is ArrayBuffer => !isShared(buffer));
}

/** Whether workers see this memory as it is. By name, because a worker's answer may be of another realm's class. */
export function isShared(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';
}
