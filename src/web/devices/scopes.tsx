import { scopeWords } from '../shared/describe';
import { useDevicesPage } from './use-words';

interface ScopesProps {
  /** What may be chosen. */
  scopes: readonly string[];
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
}

/** What a device may do, to be ticked. */
export function Scopes({ scopes, chosen, onChange }: ScopesProps) {
  const { words } = useDevicesPage();
  return (
    <fieldset>
      <legend>{words.mayDo}</legend>
      {scopes.map(scope => (
        <label key={scope} class="tick">
          <input
            type="checkbox"
            checked={chosen.includes(scope)}
            onChange={({ currentTarget: { checked } }) =>
              onChange(checked ? [...chosen, scope] : chosen.filter(other => other !== scope))
            }
          />
          <bdi>{scopeWords(scope, words)}</bdi>
        </label>
      ))}
    </fieldset>
  );
}
