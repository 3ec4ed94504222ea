import css from './changes.module.css'
import type { Difference } from './differences'

/** What was, and what is, place by place. */
export function Changes({ of }: { of: Difference[] }) {
  return (
    <ul className={css.changes}>
      {of.map(({ pointer, before, after }) => (
        <li key={pointer}>
          <code>{pointer || '/'}</code>
          {before !== undefined && before !== null && (
            <del>
              <span aria-hidden>−</span>
              <Value pointer={pointer} value={before} />
            </del>
          )}
          {after !== undefined && after !== null && (
            <ins>
              <span aria-hidden>+</span>
              <Value pointer={pointer} value={after} />
            </ins>
          )}
        </li>
      ))}
    </ul>
  )
}

function Value({ pointer, value }: { pointer: string; value: unknown }) {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) && /\/(logo|mark|asset)$/.test(pointer)) {
    return <img src={`/api/assets/${value}`} alt={value.slice(0, 8)} height={40} />
  }
  return <pre>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
}
