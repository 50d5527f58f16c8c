import { useAdminPage } from './use-admin';
import { KINDS } from './words-en';

/** Of which kind the sessions are. */
export function KindField() {
  const { words } = useAdminPage();
  return (
    <label>
      {words.kind}
      <select name="kind">
        <option value="">{words.anyKind}</option>
        {KINDS.map(kind => (
          <option key={kind} value={kind}>
            {words[`of.${kind}`]}
          </option>
        ))}
      </select>
    </label>
  );
}
