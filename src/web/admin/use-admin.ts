import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { usePage } from '../shared/context';
import type { Server } from './server';
import type { AdminWords } from './words-en';

/** Who looks at the page: whoever has typed a key. */
export interface Operator {
  server: Server;
  /** Whether the key lets him look only. */
  isReadOnly: boolean;
}

export const OperatorContext = createContext<Operator | null>(null);

/** What the parts of this page need. */
export const useAdminPage = () => usePage<AdminWords>();

export function useOperator(): Operator {
  const operator = useContext(OperatorContext);
  if (!operator) throw new Error('The page is locked.');
  return operator;
}
