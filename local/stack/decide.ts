import { AppError } from '../../runtime/errors.ts';

/** How a part is provided: by an address from outside, by a container, or by a process of ours. */
export type PartMode = 'external' | 'container' | 'embedded';

/** The three parts of the stack. */
export const partNames = ['kafka', 'registry', 'postgres'] as const;
export type PartName = (typeof partNames)[number];

/** What each part's address is called in the environment. */
export const addressVariables: Readonly<Record<PartName, string>> = {
  kafka: 'KAFKA_BROKERS',
  registry: 'SCHEMA_REGISTRY_URL',
  postgres: 'DATABASE_URL',
};

/** Everything that the decision rests on. */
export interface DecisionInput {
  /** Addresses given by options; they win over the environment. */
  readonly given: Readonly<Partial<Record<PartName, string | undefined>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the data in this folder was made; parts with data stay what they are. */
  readonly recorded: Readonly<Partial<Record<PartName, PartMode>>>;
  /** Asks whether a container engine answers. Called at most once, and only where it matters. */
  readonly engineAnswers: () => Promise<boolean>;
}

/** The decision for one part; an external one has its address. */
export type PartDecision =
  | { readonly mode: 'external'; readonly address: string }
  | { readonly mode: 'container' }
  | { readonly mode: 'embedded' };

export type Decisions = Readonly<Record<PartName, PartDecision>>;

type Preference = 'auto' | 'embedded' | 'container';

function preferenceOf(env: DecisionInput['env']): Preference {
  const value = env.AO_STACK ?? 'auto';
  if (value === 'auto' || value === 'embedded' || value === 'container') return value;
  throw new AppError('STACK_BAD_OPTION', `AO_STACK is "${value}": it must be auto, embedded or container.`);
}

/**
 * Decides for each part between containers, embedded and external, in this order: an address given by option or environment
 * is used; AO_STACK=embedded or container is obeyed; data from an earlier start is kept as it was made; a container engine
 * that answers is used; else the part is embedded.
 * AppError STACK_NO_ENGINE when containers are asked for and no engine answers; STACK_BAD_OPTION for another AO_STACK.
 */
export async function decide({ given, env, recorded, engineAnswers }: DecisionInput): Promise<Decisions> {
  const preference = preferenceOf(env);
  let asked: Promise<boolean> | undefined;
  const engine = (): Promise<boolean> => (asked ??= engineAnswers());

  const decidePart = async (part: PartName): Promise<PartDecision> => {
    const address = given[part] ?? env[addressVariables[part]];
    if (address !== undefined && address.trim() !== '') return { mode: 'external', address: address.trim() };
    if (preference === 'embedded') return { mode: 'embedded' };
    if (preference === 'container') {
      if (await engine()) return { mode: 'container' };
      throw new AppError(
        'STACK_NO_ENGINE',
        'AO_STACK=container, but no container engine answers: start Docker or Podman, or unset AO_STACK.',
      );
    }
    const earlier = recorded[part];
    if (earlier === 'embedded') return { mode: 'embedded' };
    return (await engine()) ? { mode: 'container' } : { mode: 'embedded' };
  };

  return {
    kafka: await decidePart('kafka'),
    registry: await decidePart('registry'),
    postgres: await decidePart('postgres'),
  };
}
