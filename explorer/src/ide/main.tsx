/** A GraphQL IDE for this gateway: nothing is asked of anybody else. */

import 'graphiql/style.css';
import './ide.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { createClient } from 'graphql-ws';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';

const FIRST = `# Roots, newest first, and how far each is on its way to the chain.
{
  roots(first: 5) {
    edges {
      node {
        channel
        epoch
        root
        count
        settlement {
          status
          seenOnChain
        }
      }
    }
  }
}
`;

const url = new URL('/graphql', window.location.href);
const socketUrl = url.href.replace(/^http/, 'ws');

/** The contract itself, with its descriptions; undefined where the gateway does not tell it. @throws Error without an answer */
async function schemaOf(): Promise<GraphQLSchema | undefined> {
  const response = await fetch('/graphql/schema.graphql');
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`The gateway answered with status ${response.status}.`);
  return buildSchema(await response.text());
}

function Ide({ schema }: { readonly schema: GraphQLSchema | undefined }): ReactNode {
  return (
    <>
      {schema === undefined && (
        <p className="ide-note">
          This gateway does not tell its schema (<code>GATEWAY_INTROSPECTION=false</code>): queries run, without
          completion and documentation.
        </p>
      )}
      <GraphiQL fetcher={fetcher} schema={schema ?? null} defaultQuery={FIRST} shouldPersistHeaders={false}>
        <GraphiQL.Logo>
          <a href="/">Attention Oracle</a>
        </GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}

const wsClient = createClient({ url: socketUrl });
const fetcher = createGraphiQLFetcher({ url: url.href, wsClient });
const place = document.getElementById('ide');
if (place !== null)
  schemaOf().then(
    (schema) => createRoot(place).render(<Ide schema={schema} />),
    (error: unknown) => {
      place.textContent = `The schema cannot be read: ${error instanceof Error ? error.message : String(error)} Load the page again.`;
    },
  );
