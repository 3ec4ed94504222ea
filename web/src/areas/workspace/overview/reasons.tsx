import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../../../kit/button'
import { Dialog } from '../../../kit/dialog'
import { count } from '../../../kit/figures'
import { Excerpt, Muted, Section } from '../../../kit/page'
import { Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { stepName } from '../destination/reasons'
import type { Overview, OverviewReason, OverviewSample, Scope } from './data'
import { MessageAt } from './message'
import css from './overview.module.css'
import { pointsOf, type Step, share } from './words'

/** Why messages were stopped: in words, with what to do, and the newest of them. */
export function Reasons({
  ws,
  scope,
  overview,
  step,
  all,
}: {
  ws: string
  scope: Scope
  overview: Overview
  /** Only those of this step. */
  step: Step | undefined
  all: () => void
}) {
  const listed = step ? overview.reasons.filter((reason) => reason.step === step.reasons) : overview.reasons
  const received = overview.steps.received.count
  return (
    <Section
      title="Reasons"
      sub={step && `Of “${step.label}” only.`}
      actions={
        step && (
          <Button small look="quiet" onClick={all}>
            Show all steps
          </Button>
        )
      }
    >
      {listed.length === 0 ? (
        <Muted>Nothing was stopped{step ? ' at this step' : ''} in this time.</Muted>
      ) : (
        <ul className={css.reasons} aria-label="Reasons">
          {listed.map((reason) => (
            <li key={`${reason.step} ${reason.code}`}>
              <Reason
                ws={ws}
                scope={scope}
                reason={reason}
                figures={
                  <>
                    <span data-label="step">{stepName(reason.step)}</span>
                    <span data-label="messages">{count(reason.count)}</span>
                    <span data-label="of all received">{share(reason.count, received)}</span>
                    <span data-label="change">{pointsOf(reason.shareChange)}</span>
                  </>
                }
              />
            </li>
          ))}
        </ul>
      )}
      {overview.refusals.length > 0 && !step && (
        <>
          <h3>Requests refused whole</h3>
          <Muted>The sender was told, and nothing was taken. Nobody knows how many messages they held.</Muted>
          <ul className={css.reasons} aria-label="Refused requests">
            {overview.refusals.map((reason) => (
              <li key={reason.code}>
                <Reason
                  ws={ws}
                  scope={scope}
                  reason={reason}
                  figures={<span data-label="requests">{count(reason.count)}</span>}
                />
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  )
}

/** Why messages wait for another attempt. */
export function RetryReasons({
  ws,
  scope,
  reasons,
}: {
  ws: string
  scope: Scope
  reasons: NonNullable<Overview['retrying']>['reasons']
}) {
  return (
    <ul className={css.reasons} aria-label="Why messages wait">
      {reasons.map((reason) => (
        <li key={reason.code}>
          <Reason
            ws={ws}
            scope={scope}
            reason={{ ...reason, step: 'retrying' }}
            figures={<span data-label="messages">{count(reason.count)}</span>}
          />
        </li>
      ))}
    </ul>
  )
}

function Reason({
  ws,
  scope,
  reason,
  figures,
}: {
  ws: string
  scope: Scope
  reason: Pick<OverviewReason, 'step' | 'code' | 'label' | 'explanation' | 'remedy' | 'samples'>
  figures: React.ReactNode
}) {
  return (
    <details className={css.reason}>
      <summary>
        <span className={css.what}>
          <strong>{reason.label}</strong> <code>{reason.code}</code>
          <small>{reason.explanation}</small>
        </span>
        <span className={css.numbers}>{figures}</span>
      </summary>
      <div className={css.inside}>
        <p>
          <strong>What to do:</strong> {reason.remedy}
        </p>
        {reason.samples.length === 0 ? (
          <Muted>No sample is kept of these.</Muted>
        ) : (
          <Samples ws={ws} scope={scope} step={reason.step} label={reason.label} samples={reason.samples} />
        )}
      </div>
    </details>
  )
}

/** What is stopped before it is routed, the source knows; of the rest the destination. */
const atSource = (step: string) => step === 'failed_on_ingest' || step === 'filtered_at_source'

function Samples({
  ws,
  scope,
  step,
  label,
  samples,
}: {
  ws: string
  scope: Scope
  step: string
  label: string
  samples: OverviewSample[]
}) {
  const [open, setOpen] = useState<string | null>(null)
  return (
    <>
      <Table<OverviewSample>
        label={`Samples of ${label}`}
        rows={samples}
        id={({ position }) => position}
        columns={[
          { head: 'received', cell: ({ receivedAt }) => <Time at={receivedAt} /> },
          ...(atSource(step)
            ? []
            : [
                {
                  head: 'attempts',
                  number: true,
                  cell: ({ attempts }: OverviewSample) => count(attempts),
                },
              ]),
          {
            head: 'said',
            cell: ({ status, excerpt }) => (
              <Excerpt>
                {status} {excerpt}
              </Excerpt>
            ),
          },
          {
            head: '',
            cell: ({ position, source }) => {
              const slug = source?.split('/').at(-1)
              if ('destination' in scope && !atSource(step)) {
                return (
                  <Button small onClick={() => setOpen(position)}>
                    Show message
                  </Button>
                )
              }
              return slug ? (
                <Link
                  to="/w/$ws/sources/$source/debugger"
                  params={{ ws, source: slug }}
                  search={{ at: position }}
                >
                  Open in Debugger
                </Link>
              ) : null
            },
          },
        ]}
      />
      {'destination' in scope && (
        <Dialog title={label} open={open !== null} onClose={() => setOpen(null)} wide>
          {open !== null && <MessageAt ws={ws} destination={scope.destination} position={open} />}
        </Dialog>
      )}
    </>
  )
}
