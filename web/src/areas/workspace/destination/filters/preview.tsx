import type { Shapes } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { sentence } from '../../../../kit/fields'
import { count } from '../../../../kit/figures'
import { Empty, Note, Pairs, Section } from '../../../../kit/page'
import { exactly } from '../../../../kit/time'
import { Pair } from '../pair'
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
            <Pair
              key={pair.position}
              before={pair.before}
              word={pair.after ? 'changed' : 'not sent'}
              number={at + 1}
              heading="after"
              after={pair.after}
              reason={sentence(pair.reason ?? 'it is not sent')}
              open={at === 0}
            />
          ))}
        </div>
      )}
    </Section>
  )
}
