/** The clients, in a process of their own. */

import { answerParent } from '../measure/child-process.ts';
import { type LoadPlan, load } from './load.ts';
import { Crowd, readBacklog } from './subscribers.ts';

const crowd = new Crowd();

answerParent({
  load: (plan: LoadPlan) => load(plan),
  join: ({ url, sockets, each }: { url: string; sockets: number; each: number }) => crowd.join(url, sockets, each),
  told: (items: number) => crowd.told(items),
  leave: async () => crowd.leave(),
  backlog: ({ url, items, cutEvery }: { url: string; items: number; cutEvery: number }) =>
    readBacklog(url, items, cutEvery),
});
