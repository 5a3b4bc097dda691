// While a request is being carried out its page is read again: soon at first, then ever more rarely, for each look is
// written down. Whoever types is left in peace.
(function () {
  'use strict';
  var place = document.getElementById('live');
  var pause = 2000, longest = 300000;
  function busy() { return place.contains(document.activeElement) && document.activeElement !== document.body; }
  function read() {
    if (document.hidden || busy()) { return later(); }
    fetch(location.href, { credentials: 'same-origin' })
      .then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : ''; })
      .then(function (text) {
        var fresh = text && new DOMParser().parseFromString(text, 'text/html').getElementById('live');
        if (!fresh || busy()) { return later(); }
        place.replaceWith(fresh);
        place = fresh;
        if (place.hasAttribute('data-live')) { later(); }
      })
      .catch(later);
  }
  function later() {
    setTimeout(read, pause);
    pause = Math.min(pause * 1.5, longest);
  }
  if (place && place.hasAttribute('data-live')) { later(); }
}());
