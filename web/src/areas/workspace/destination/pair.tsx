import { Code } from '../../../kit/copy'
import { Muted } from '../../../kit/page'
import css from './destination.module.css'

/** A message beside what becomes of it, folded away until somebody looks. */
export function Pair({
  before,
  word,
  number,
  heading,
  after,
  reason,
  open,
}: {
  before: { event?: unknown; type?: unknown } | null | undefined
  /** What becomes of it, in a word. */
  word: string
  /** Which one it is, for screen readers. */
  number: number
  /** Over the right side. */
  heading: string
  after: unknown
  /** In place of `after`, where there is none. */
  reason: string
  open: boolean
}) {
  return (
    <details open={open}>
      <summary>
        {String(before?.event ?? before?.type ?? 'message')} <Muted>{word}</Muted>
      </summary>
      <div className={css.pair}>
        <div>
          <h4>before</h4>
          <Code text={JSON.stringify(before, null, 2)} label={`Before, message ${number}`} />
        </div>
        <div>
          <h4>{heading}</h4>
          {after === null || after === undefined ? (
            <Muted>{reason}</Muted>
          ) : (
            <Code text={JSON.stringify(after, null, 2)} label={`After, message ${number}`} />
          )}
        </div>
      </div>
    </details>
  )
}
