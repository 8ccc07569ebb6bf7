/** Metadata of a committed offset that an operator set by `ao replay`: a checkpoint kept elsewhere no longer holds. */
export const REPLAY_MARK = 'replay:';

export function isReplay(metadata: string): boolean {
  return metadata.startsWith(REPLAY_MARK);
}

/** In the metadata of an offset by which `ao epoch-base change` has every root emitted again, behind the mark and before the base. */
export const BASE_CHANGE_MARK = `${REPLAY_MARK}epoch-base:`;
