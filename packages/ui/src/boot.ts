/** The browser runtime of every page: islands, soft navigation, and the small parts that need a script but no framework. */
import { startClock } from "./boot/clock.ts";
import { startCopy } from "./boot/copy.ts";
import { startForms } from "./boot/forms.ts";
import { startGuard } from "./boot/guard.ts";
import { startIslands } from "./boot/hydrate.ts";
import { startMenus } from "./boot/menus.ts";
import { startNavigation } from "./boot/navigation.ts";
import { startPrefetch } from "./boot/prefetch.ts";
import { startReasons } from "./boot/reasons.ts";
import { startRefresh } from "./boot/refresh.ts";
import { startTabs } from "./boot/tabs.ts";
import { startThemeSwitch } from "./boot/theme-switch.ts";

startIslands();
startGuard();
startNavigation();
startForms();
startRefresh();
startPrefetch();
startThemeSwitch();
startCopy();
startMenus();
startReasons();
startTabs();
startClock();
