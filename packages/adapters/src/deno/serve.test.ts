import { describeServe } from '../serve-suite.fixture.ts'
import { serve } from './index.ts'

describeServe(serve)
