import './styles/page.css';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';
import { gateway } from './api/client.ts';
import { App } from './app.tsx';

const place = document.getElementById('page');
if (place !== null)
  createRoot(place).render(
    <Provider value={gateway}>
      <App />
    </Provider>,
  );
