/** Where a running `npm start` leaves its variables for `ao`, in its data folder. */
export const LOCAL_ENV_FILE = 'local.env';
