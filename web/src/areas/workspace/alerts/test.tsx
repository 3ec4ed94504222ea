import { useMutation } from '@tanstack/react-query'
import { api, inWorkspace, read } from '../../../api/client'
import { Button } from '../../../kit/button'
import { plural } from '../../../kit/figures'
import { Problem } from '../../../kit/loaded'
import { Note, Panel, Section } from '../../../kit/page'
import css from './alerts.module.css'
import { Told } from './told'
import type { Alert } from './words'

/** Tells everybody whom an alert tells, so that they know how that looks. */
export function AlertTest({ ws, alert }: { ws: string; alert: Alert }) {
  const test = useMutation({
    mutationFn: () => {
      const params = { path: { alertId: alert.id }, header: inWorkspace(ws) }
      return read(api.POST('/alerts/{alertId}/test', { params }))
    },
  })
  return (
    <Section
      title="Test"
      sub="Tells all of them now, in words that say that it is a test. What is not saved does not count."
    >
      <Panel>
        <div className={css.test}>
          <Told alert={alert} />
          <div>
            <Button busy={test.isPending} onClick={() => test.mutate()}>
              Send a test
            </Button>
          </div>
          <div aria-live="polite" className={css.test}>
            {test.data && test.data.mails > 0 && (
              <Note tone="ok">✓ {plural(test.data.mails, 'mail is', 'mails are')} on the way.</Note>
            )}
            {test.data && alert.webhookUrl && !test.data.webhookProblem && (
              <Note tone="ok">✓ The webhook took it.</Note>
            )}
            {test.data?.webhookProblem && (
              <Note tone="bad">
                <span className={css.problem}>
                  ✕ The webhook did not take it: <code>{test.data.webhookProblem}</code>. Check its address.
                </span>
              </Note>
            )}
            {test.error && <Problem error={test.error} />}
          </div>
        </div>
      </Panel>
    </Section>
  )
}
