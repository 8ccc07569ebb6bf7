import { Component, lazy, type ReactNode, Suspense } from 'react';
import { Failure, Waiting } from './parts/answer.tsx';
import { hrefOf, type Route } from './routing/route.ts';
import { useRoute } from './routing/use-route.ts';
import { Header } from './shell/header.tsx';
import { Ribbon } from './shell/ribbon.tsx';
import { ChannelView } from './views/channel.tsx';
import { EpochView } from './views/epoch.tsx';
import { EpochsView } from './views/epochs.tsx';
import { NowhereView } from './views/nowhere.tsx';
import { OverviewView } from './views/overview.tsx';
import { PipelineView } from './views/pipeline.tsx';
import { RootView } from './views/root.tsx';
import { RootsView } from './views/roots.tsx';
import { WalletView } from './views/wallet.tsx';

// What hashes comes when it is wanted.
const ProofView = lazy(() => import('./views/proof.tsx'));
const VerifyView = lazy(() => import('./views/verify.tsx'));

function view(route: Route): ReactNode {
  switch (route.view) {
    case 'overview':
      return <OverviewView />;
    case 'roots':
      return <RootsView />;
    case 'root':
      return <RootView {...route} />;
    case 'channel':
      return <ChannelView {...route} />;
    case 'epochs':
      return <EpochsView />;
    case 'epoch':
      return <EpochView {...route} />;
    case 'wallet':
      return <WalletView {...route} />;
    case 'proof':
      return <ProofView {...route} />;
    case 'verify':
      return <VerifyView />;
    case 'pipeline':
      return <PipelineView />;
    case 'unknown':
      return <NowhereView text={route.text} />;
  }
}

export function App(): ReactNode {
  const route = useRoute();
  const href = hrefOf(route);
  return (
    <>
      <a className="skip" href="#main" onClick={toMain}>
        Skip to the content
      </a>
      <Header route={route} />
      <Ribbon />
      <main id="main" tabIndex={-1}>
        <Guard key={href}>
          <Suspense fallback={<Waiting what="this view" />}>{view(route)}</Suspense>
        </Guard>
      </main>
      <footer>
        <a href="/graphiql">GraphQL IDE</a>
        <a href="/docs">REST documentation</a>
        <a href="/graphql/schema.graphql">Schema</a>
      </footer>
    </>
  );
}

/** The address behind # is the view's: a jump within the page must not change it. */
function toMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** A fault of a view is said in its place; the rest of the page goes on. */
class Guard extends Component<{ readonly children: ReactNode }, { readonly why?: string }> {
  override state: { readonly why?: string } = {};

  static getDerivedStateFromError(error: unknown): { readonly why: string } {
    return { why: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { why } = this.state;
    if (why === undefined) return this.props.children;
    return <Failure why={`This view cannot be shown: ${why}`} again={() => window.location.reload()} />;
  }
}
