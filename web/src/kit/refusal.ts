import { told } from './fields'
import { failureFaults } from './form'
import { toast } from './toast'

/** Says that something was refused, and how to mend it, where no form is there to say it. */
export function toastRefusal(error: unknown) {
  toast(told(failureFaults(error)[0]!), { bad: true })
}
