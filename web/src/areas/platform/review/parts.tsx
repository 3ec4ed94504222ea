import { useState } from 'react'
import { api, read, type Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { plural } from '../../../kit/figures'
import { CheckLine, Muted, Panel, Section } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { PARTS } from '../verdicts'
import type { Review } from './frozen'
import { ProofLine } from './proof'
import css from './review.module.css'

/** The three parts with their steps and verdicts, and what was checked by itself. */
export function Parts({
  review,
  known,
}: {
  review: Review
  known: (answer: { review: Review }) => Promise<unknown>
}) {
  const { submission, steps, checklist } = review
  return (
    <>
      <div className={css.parts}>
        {submission.parts.map((part) => (
          <PartPanel
            key={part.part}
            part={part}
            steps={steps.find((each) => each.part === part.part)?.steps ?? []}
            open={submission.status === 'open'}
            judge={async (verdict) =>
              known(
                await read(
                  api.PUT('/reviews/{submissionId}/parts/{part}', {
                    params: { path: { submissionId: submission.id, part: part.part } },
                    body: { verdict },
                  }),
                ),
              )
            }
          />
        ))}
      </div>
      <ProofLine review={review} />
      <Section
        title="Checked when it was submitted"
        sub={`${checklist.done} of ${checklist.items.length} lines were done.`}
      >
        <Panel flush>
          <ul>
            {checklist.items.map(({ key, label, done, detail }) => (
              <CheckLine
                key={key}
                done={done}
                label={label}
                detail={detail === 'there' ? undefined : detail}
              />
            ))}
          </ul>
        </Panel>
      </Section>
    </>
  )
}

function PartPanel({
  part: { part, verdict, openComments },
  steps,
  open,
  judge,
}: {
  part: Shapes['PartReview']
  steps: string[]
  open: boolean
  judge: (verdict: Shapes['Verdict']) => Promise<unknown>
}) {
  const [busy, setBusy] = useState<Shapes['Verdict']>()
  const button = (value: Shapes['Verdict'], label: string) => (
    <Button
      small
      aria-pressed={verdict === value}
      aria-label={`${PARTS[part]}: ${label}`}
      busy={busy === value}
      onClick={async () => {
        setBusy(value)
        try {
          await judge(value)
        } catch (error) {
          toastRefusal(error)
        } finally {
          setBusy(undefined)
        }
      }}
    >
      {label}
    </Button>
  )
  return (
    <Panel>
      <div className={css.partHead}>
        <h2>{PARTS[part]}</h2>
        {verdict === 'passed' ? (
          <Badge tone="ok" glyph="✓">
            Passed
          </Badge>
        ) : verdict === 'changes' ? (
          <Badge tone="warn" glyph="◑">
            Changes
          </Badge>
        ) : (
          <Badge glyph="○">No verdict yet</Badge>
        )}
        {openComments > 0 && <Muted>{plural(openComments, 'open comment')}</Muted>}
        {open && (
          <div className={css.verdicts}>
            {button('passed', 'Passed')}
            {button('changes', 'Changes')}
          </div>
        )}
      </div>
      <ol className={css.steps}>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </Panel>
  )
}
