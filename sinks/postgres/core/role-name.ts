/** The role's name in logs, metrics, dead letters and the command line. */
export const ROLE_NAME = 'sink';
