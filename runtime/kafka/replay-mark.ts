/** Metadata of a committed offset that an operator set by `ao replay`: a checkpoint kept elsewhere no longer holds. */
export const REPLAY_MARK = 'replay:';

export function isReplay(metadata: string): boolean {
  return metadata.startsWith(REPLAY_MARK);
}
