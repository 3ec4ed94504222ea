import type { Shapes } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { sentence } from '../../../../kit/fields'
import { count } from '../../../../kit/figures'
import { Empty, Note, Pairs, Section } from '../../../../kit/page'
import { exactly } from '../../../../kit/time'
import { Pair } from '../pair'
import css from './mappings.module.css'

/** What a mapping would make of recent messages. */
export type Found = Shapes['MappingPreview']

/** What an action would get, before anybody saves it. */
export function Preview({ found, look, busy }: { found?: Found; look?: () => void; busy: boolean }) {
  return (
    <Section
      title="Preview"
      sub="On the newest messages of the source, after the filters that are on. Nothing is saved or sent."
    >
      {!found ? (
        <Empty title="Not looked yet">
          <p>What the action would get of recent messages stands here, beside the messages.</p>
          {look && (
            <Button busy={busy} onClick={look}>
              Look at recent messages
            </Button>
          )}
        </Empty>
      ) : found.messages === 0 ? (
        <Note>The source has no messages that are still kept, so there is nothing to try it on.</Note>
      ) : (
        <div className={css.found} role="status">
          <Pairs
            of={[
              ['looked at', count(found.messages)],
              ['since', found.from ? exactly(found.from) : null],
              ['are mapped', count(found.mapped)],
              ['are not for it', count(found.unmatched)],
              ['stopped by filters', found.filtered > 0 ? count(found.filtered) : null],
              ['cannot be mapped', found.failed > 0 ? count(found.failed) : null],
            ]}
          />
          {found.samples.map(({ position, before, fields, reason }, at) => (
            <Pair
              key={position}
              before={before as { event?: unknown; type?: unknown } | null}
              word={fields ? 'mapped' : 'not sent'}
              number={at + 1}
              heading="the action gets"
              after={fields}
              reason={sentence(reason ?? 'it is not sent')}
              open={at === 0}
            />
          ))}
        </div>
      )}
    </Section>
  )
}
