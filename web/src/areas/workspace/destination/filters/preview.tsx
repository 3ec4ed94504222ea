import type { Shapes } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Code } from '../../../../kit/copy'
import { sentence } from '../../../../kit/fields'
import { count } from '../../../../kit/figures'
import { Empty, Muted, Note, Pairs, Section } from '../../../../kit/page'
import { exactly } from '../../../../kit/time'
import css from './filters.module.css'

/** What the filters of a destination would do to recent messages. */
export type Found = Shapes['FiltersPreview']

/** What a filter would do, before anybody saves it. */
export function Preview({ found, look, busy }: { found?: Found; look: () => void; busy: boolean }) {
  return (
    <Section
      title="Preview"
      sub="On the newest messages of the source, with the other filters that are on. Nothing is saved or sent."
    >
      {!found ? (
        <Empty title="Not looked yet">
          <p>How many of recent messages it stops and changes stands here, with some before and after.</p>
          <Button busy={busy} onClick={look}>
            Look at recent messages
          </Button>
        </Empty>
      ) : found.messages === 0 ? (
        <Note>The source has no messages that are still kept, so there is nothing to try it on.</Note>
      ) : (
        <div className={css.found} role="status">
          <Pairs
            of={[
              ['looked at', count(found.messages)],
              ['since', found.from ? exactly(found.from) : null],
              ['go on as they are', count(found.passed)],
              ['go on changed', count(found.changed)],
              ['are not sent', count(found.filtered)],
              ['cannot be decided', found.failed > 0 ? count(found.failed) : null],
            ]}
          />
          {found.reasons.map(({ code, reason, messages }) => (
            <p key={`${code} ${reason}`}>
              {count(messages)} × {sentence(reason)} <code className={css.fql}>{code}</code>
            </p>
          ))}
          {found.pairs.map((pair, at) => (
            <details key={pair.position} open={at === 0}>
              <summary>
                {String(pair.before?.event ?? pair.before?.type ?? 'message')}{' '}
                <Muted>{pair.after ? 'changed' : 'not sent'}</Muted>
              </summary>
              <div className={css.pair}>
                <div>
                  <h4>before</h4>
                  <Code text={JSON.stringify(pair.before, null, 2)} label={`Before, message ${at + 1}`} />
                </div>
                <div>
                  <h4>after</h4>
                  {pair.after ? (
                    <Code text={JSON.stringify(pair.after, null, 2)} label={`After, message ${at + 1}`} />
                  ) : (
                    <Muted>{sentence(pair.reason ?? 'it is not sent')}</Muted>
                  )}
                </div>
              </div>
            </details>
          ))}
        </div>
      )}
    </Section>
  )
}
