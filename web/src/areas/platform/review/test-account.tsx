import { useState } from 'react'
import { api, type Fault, read, type Shapes } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Copy } from '../../../kit/copy'
import { Summary } from '../../../kit/fields'
import { failureFaults } from '../../../kit/form'
import { Muted, Pairs, Section } from '../../../kit/page'
import type { Review } from './frozen'
import css from './review.module.css'

/** The account at the partner's product that reviewers test with. Kept only while it is looked at. */
export function TestAccount({ review, mine }: { review: Review; mine: boolean }) {
  const [shown, setShown] = useState<Shapes['TestAccount']>()
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  const open = review.submission.status === 'open'
  const refused = !review.hasTestAccount
    ? 'The partner has given none.'
    : !open
      ? 'It is closed with the submission.'
      : !mine
        ? 'Assign the review to yourself first: only its reviewers can read it.'
        : undefined
  return (
    <Section title="Test account">
      <Summary faults={faults} />
      {shown ? (
        <>
          <Pairs
            of={[
              ['User name', <Value key="username" text={shown.username} what="user name" />],
              ['Password', <Value key="password" text={shown.password} what="password" />],
              [
                'Notes',
                shown.notes ? (
                  <p key="notes" className={css.text}>
                    {shown.notes}
                  </p>
                ) : null,
              ],
            ]}
          />
          <div>
            <Button small onClick={() => setShown(undefined)}>
              Hide
            </Button>
          </div>
        </>
      ) : (
        <>
          <Muted>
            {refused ?? 'Every reading is noted in the audit trail of the partner, with your name.'}
          </Muted>
          {review.hasTestAccount && open && (
            <div>
              <Button
                small
                busy={busy}
                disabled={!mine}
                onClick={async () => {
                  setBusy(true)
                  setFaults([])
                  try {
                    const answer = await read(
                      api.GET('/reviews/{submissionId}/test-account', {
                        params: { path: { submissionId: review.submission.id } },
                      }),
                    )
                    setShown(answer.testAccount)
                  } catch (error) {
                    setFaults(failureFaults(error))
                  } finally {
                    setBusy(false)
                  }
                }}
              >
                Reveal
              </Button>
            </div>
          )}
        </>
      )}
    </Section>
  )
}

function Value({ text, what }: { text: string; what: string }) {
  return (
    <span>
      <code>{text}</code> <Copy text={text} what={what} />
    </span>
  )
}
