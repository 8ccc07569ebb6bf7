/** The listener: from the chain to ao.stream-events.v1. */

import { createKafka } from '../../runtime/kafka/client.ts';
import type { Role, RoleContext, RunningRole } from '../../runtime/role.ts';
import { type ListenerConfig, listenerConfig } from './config.ts';
import { Listener } from './io/listener.ts';

export { type BackfillOptions, type BackfillProgress, backfill } from './io/backfill.ts';
export { slotOfSignature } from './io/reading/slot-of-signature.ts';

export const role: Role<typeof listenerConfig.shape> = {
  name: 'listener',
  config: listenerConfig,
  opsPort: 9101,
  start: async (context: RoleContext<ListenerConfig>): Promise<RunningRole> => {
    const { config, log } = context;
    const kafka = createKafka(config, `ao-listener-${config.LISTENER_ID}`, log);
    const listener = await Listener.create(context, kafka);
    listener.start();
    return {
      describe: { listener: config.LISTENER_ID },
      live: () => listener.isLive(),
      ready: () => listener.ready(),
      stop: () => listener.stop(),
    };
  },
};
