/** Metadata of a committed offset that an operator set by `ao replay`: a checkpoint kept elsewhere no longer holds. */
export const REPLAY_MARK = 'replay:';

export function isReplay(metadata: string): boolean {
  return metadata.startsWith(REPLAY_MARK);
}

/** In the metadata of an offset by which `ao epoch-base change` has every root emitted again, behind the mark and before the base. */
export const BASE_CHANGE_MARK = `${REPLAY_MARK}epoch-base:`;

const REQUEST_SUFFIX = '.replay';

/** Group that never has members and stands for where those of another group are asked to go on. */
export function replayRequestGroup(groupId: string): string {
  return `${groupId}${REQUEST_SUFFIX}`;
}

/** Whether a group is a request and no reader: it lags behind nothing. */
export function isReplayRequest(groupId: string): boolean {
  return groupId.endsWith(REQUEST_SUFFIX);
}
