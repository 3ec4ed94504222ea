import css from './changes.module.css'
import type { Difference } from './differences'
import { lines } from './lines'

/** What was, and what is, place by place. */
export function Changes({ of }: { of: Difference[] }) {
  return (
    <ul className={css.changes}>
      {of.map(({ pointer, before, after }) => (
        <li key={pointer}>
          <code>{pointer || '/'}</code>
          {typeof before === 'string' && typeof after === 'string' && `${before}${after}`.includes('\n') ? (
            <Text before={before} after={after} />
          ) : (
            <>
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
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

/** A text of several lines, with those that are gone or new. */
function Text({ before, after }: { before: string; after: string }) {
  return (
    <div className={css.text}>
      {lines(before, after).map(({ kind, text }, at) => {
        const Line = kind === 'gone' ? 'del' : kind === 'new' ? 'ins' : 'p'
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
          <Line key={at}>
            <span aria-hidden>{kind === 'gone' ? '−' : kind === 'new' ? '+' : ''}</span>
            <span>{text || ' '}</span>
          </Line>
        )
      })}
    </div>
  )
}

function Value({ pointer, value }: { pointer: string; value: unknown }) {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) && /\/(logo|mark|asset)$/.test(pointer)) {
    return <img src={`/api/assets/${value}`} alt={value.slice(0, 8)} height={40} />
  }
  return <pre>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
}
